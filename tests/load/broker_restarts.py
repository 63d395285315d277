"""Kill and restart the broker at random moments while jobs are submitted to one jobs service.

    python -m tests.load.broker_restarts [--restarts 15] [--postgresql] [--seed 1]

Runs a private broker and one `jobs` process. PostgreSQL is addressed by the name `localhost`, which
its driver resolves in native threads. After each restart a call of `jobs.accept` must succeed, and
the outbox must become empty, within 15 s each. Ends with 1 at the first that does not.
"""

import argparse
import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import uuid_utils

from mare.processes.tcp_ports import free_port
from mare_nameko.addresses import AmqpUri
from mare_nameko.client import Options, RpcClient, RpcError
from mare_services.jobs.settings import StoreUri
from tests.broker_node import Node
from tests.debian_rabbitmq import broker_to_test
from tests.load.job_survival import log
from tests.postgresql import PostgreSqlServer

CALL_SECONDS = 15.0
"""Time after a restart within which a call must succeed; also the age that an event may reach."""
RELAY_SECONDS = 40.0
"""Time after a restart within which older events are published: claims of 15 s must end first."""
CALLERS = 4


class Callers:
    """Threads that submit jobs until they are stopped."""

    def __init__(self, uri: str) -> None:
        self._client = RpcClient(Options(amqp_uri=AmqpUri(uri)))
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(CALLERS)]
        self.last_success = 0.0
        self.outcomes = Counter[str]()

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._client.close()

    def _run(self) -> None:
        while not self._over.wait(0.2):
            job = {"id": str(uuid_utils.uuid7()), "request": {"city": "Recife", "limit": 1}}
            started = time.monotonic()
            try:
                self._client.call("jobs.accept", job, timeout=5.0)
            except RpcError as error:
                self.outcomes[str(error)] += 1
            else:
                self.last_success = max(self.last_success, started)
                self.outcomes["accepted"] += 1


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--restarts", type=int, default=15)
    options.add_argument("--postgresql", action="store_true")
    options.add_argument("--seed", type=int, default=1)
    arguments = options.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mare-restarts-")))
        store = f"sqlite://{folder}/jobs.db"
        if arguments.postgresql:
            server = stack.enter_context(PostgreSqlServer())
            store = server.new_database().replace("127.0.0.1", "localhost")
        node = stack.enter_context(Node(broker_to_test()))
        failure = run(node, store, folder, arguments.restarts, random.Random(arguments.seed))
    sys.exit(failure)


def run(node: Node, store: str, folder: Path, restarts: int, chance: random.Random) -> str | None:
    """Return what failed, or None."""
    bind_queue(node)
    with jobs_process(node.amqp_uri, store, folder) as health:
        callers = Callers(node.amqp_uri)
        callers.start()
        try:
            for number in range(restarts + 1):
                if number:
                    if number == 1:
                        node.settle()  # queues that were declared just before do not survive
                    node.kill()
                    time.sleep(chance.uniform(0, 3))
                    node.start()
                began = time.monotonic()
                for name, seconds, holds in (
                    ("no job was accepted", CALL_SECONDS, lambda: callers.last_success > began),  # noqa: B023
                    ("the outbox is old", RELAY_SECONDS, lambda: outbox_age(store) < CALL_SECONDS),
                ):
                    while not holds():
                        if time.monotonic() - began > seconds:
                            log(diagnosis(node, health, folder))
                            return f"{name} after restart {number}: {callers.outcomes}"
                        time.sleep(0.1)
                log(f"restart {number}: {callers.last_success - began:.1f} s {callers.outcomes}")
                time.sleep(chance.uniform(0, 4))
        finally:
            callers.stop()
    return None


def bind_queue(node: Node) -> None:
    """Create a queue for the events of jobs: they stay in the outbox without one."""
    with node.connect() as connection:
        channel = connection.channel()
        channel.exchange_declare("jobs.events", "topic", durable=True, auto_delete=False)
        channel.queue_declare("events", durable=True, auto_delete=False)
        channel.queue_bind("events", "jobs.events", routing_key="#")


@contextlib.contextmanager
def jobs_process(amqp_uri: str, store: str, folder: Path) -> Iterator[str]:
    """Run the service and yield the URL of its health."""
    port = free_port()
    environ = {
        "AMQP_URI": amqp_uri,
        "JOBS_STORE": store,
        "JOBS_MAX_OPEN": "100000",
        "RUNTIME_HEALTH_HOST": "127.0.0.1",
        "RUNTIME_HEALTH_PORT": str(port),
    }
    with (folder / "jobs.log").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "mare_nameko.service", "run", "jobs"],
            env=os.environ | environ,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def outbox_age(store: str) -> float:
    """Return the age of the oldest event in the outbox, in seconds; 0 for an empty one."""
    path = StoreUri(store).sqlite_path
    connection = sqlite3.connect(path, timeout=10) if path else psycopg.connect(store)
    with contextlib.closing(connection):
        (oldest,) = connection.execute("SELECT min(message_id) FROM outbox").fetchone()
    return time.time() - uuid_utils.UUID(oldest).timestamp / 1000 if oldest else 0.0


def diagnosis(node: Node, health: str, folder: Path) -> str:
    """Return readiness and log of the service, and the queues."""
    try:
        with urllib.request.urlopen(f"{health}/readyz", timeout=5) as answer:
            ready = answer.read().decode()
    except urllib.error.HTTPError as error:
        ready = error.read().decode()
    except OSError as error:
        ready = str(error)
    shown = ("name", "state", "messages", "messages_unacknowledged", "consumers")
    queues = [{key: queue.get(key) for key in shown} for queue in node.management.queues("/")]
    return f"readyz: {ready}queues: {queues}\n{(folder / 'jobs.log').read_text()[-3000:]}"


if __name__ == "__main__":
    main()
