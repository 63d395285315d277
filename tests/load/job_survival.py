"""Submit jobs at a steady rate while every part of the system is killed in turn.

    python -m tests.load.job_survival [--jobs 5000] [--rate 50] [--every 15] [--seconds 300]
                                      [--sqlite]

Runs the whole system on this machine and sends SIGKILL to gateway, events process, playlists, jobs,
webhooks, store (PostgreSQL) and broker in turn, until all jobs are accepted. With --sqlite the
store is a part of the jobs process. Each job has a callback, whose signature is verified. One job
in ten is followed by a stream that reconnects. A durable queue counts what the parts publish. Ends
with 1 if an accepted job or a callback is missing, or a job has two results.
"""

import argparse
import asyncio
import base64
import contextlib
import json
import secrets
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from amqp.exceptions import AMQPError
from standardwebhooks.webhooks import Webhook

from mare_services.jobs.settings import StoreUri
from tests.broker_node import Node
from tests.debian_rabbitmq import broker_to_test
from tests.fakes.receiver import Receiver
from tests.load.job_clients import Submissions
from tests.load.job_witness import Witness
from tests.postgresql import PostgreSqlServer
from tests.system import RunningSystem, running_system

PARTS = ("gateway", "events", "playlists", "jobs", "webhooks")
SETTLE_SECONDS = 300.0
PROGRESS_SECONDS = 10.0


class Killer(threading.Thread):
    """Restarts the parts in turn; each entry of `restarts` kills one and starts it again."""

    def __init__(self, restarts: dict[str, Callable[[], None]], every: float) -> None:
        super().__init__(daemon=True)
        self._restarts = list(restarts.items())
        self._every = every
        self._over = threading.Event()
        self.kills = Counter[str]()

    def run(self) -> None:
        number = 0
        while not self._over.wait(self._every):
            part, restart = self._restarts[number % len(self._restarts)]
            number += 1
            restart()
            self.kills[part] += 1
            log(f"killed {part}")

    def stop(self) -> None:
        self._over.set()
        self.join()


class Store:
    """Reads the jobs from the database of the system."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def states(self) -> dict[str, str]:
        """Return the state of each job by its id."""
        path = StoreUri(self.uri).sqlite_path
        connection = sqlite3.connect(path, timeout=30) if path else psycopg.connect(self.uri)
        with contextlib.closing(connection):
            return dict(connection.execute("SELECT id, state FROM jobs").fetchall())


class Callbacks:
    """The callbacks that a receiver got; each is verified within the tolerance of its timestamp."""

    def __init__(self, receiver: Receiver, secret: str) -> None:
        self._receiver = receiver
        self._webhook = Webhook(secret)
        self._verifying = threading.Lock()
        self._verified = 0
        self._jobs = Counter[str]()

    def count(self) -> Counter[str]:
        """Return how often the end of each job was reported; raise for a wrong signature."""
        with self._verifying:
            for each in self._receiver.received[self._verified :]:
                self._jobs[self._webhook.verify(each.body, each.headers)["data"]["id"]] += 1
                self._verified += 1
            return self._jobs.copy()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--jobs", type=int, default=5000)
    options.add_argument("--rate", type=float, default=50.0, help="submissions per second")
    options.add_argument("--every", type=float, default=15.0, help="seconds between two kills")
    options.add_argument("--seconds", type=float, default=300.0, help="longest time of submission")
    options.add_argument("--sqlite", action="store_true")
    arguments = options.parse_args()
    with contextlib.ExitStack() as stack:
        report = run(arguments, stack)
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    failures = ("lost", "with two results", "callbacks missing")
    sys.exit(1 if any(report[each] for each in failures) else 0)


def run(arguments: argparse.Namespace, stack: contextlib.ExitStack) -> dict[str, object]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mare-survival-")))
    node = stack.enter_context(Node(broker_to_test()))
    server = None if arguments.sqlite else stack.enter_context(PostgreSqlServer())
    store = Store(server.new_database() if server else f"sqlite://{folder}/jobs.db")
    receiver = stack.enter_context(Receiver())
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    callbacks = Callbacks(receiver, secret)
    environ = {
        "JOBS_STORE": store.uri,
        "JOBS_CALLBACKS": "true",
        "JOBS_STALLED_SECONDS": "60",
        "JOBS_REDELIVERIES": "50",
        "JOBS_MAX_OPEN": "100000",
        "EVENTS_MAX_STREAMS_PER_ADDRESS": "5000",
        "WEBHOOKS_SECRETS": secret,
        "WEBHOOKS_ALLOW_LOCALHOST": "true",
        "WEBHOOKS_RATE": "1000",
        "WEBHOOKS_CONCURRENCY": "20",
    }
    system = stack.enter_context(running_system(node.amqp_uri, folder, **environ))
    system.start("events", "webhooks")
    witness = Witness(node)
    killer = Killer(dict(restarts(system, node, server)), arguments.every)
    submissions = Submissions(system.url, system.events_url, [receiver.url], arguments.rate)
    killer.start()
    threading.Thread(target=show_progress, args=(node, store, callbacks), daemon=True).start()
    began = time.monotonic()
    asyncio.run(submissions.submit(arguments.jobs, arguments.seconds, killer.stop))
    submitted = time.monotonic() - began
    ended = eventually(lambda: set(store.states().values()) == {"complete"})
    seconds_to_end = time.monotonic() - began
    accepted = set(submissions.accepted)
    eventually(lambda: not accepted - set(callbacks.count()))
    states, called, published = store.states(), callbacks.count(), witness.count()
    return {
        "store": "SQLite" if arguments.sqlite else "PostgreSQL",
        "jobs submitted": submissions.submitted,
        "accepted": len(accepted),
        "seconds of submission": round(submitted),
        "kills": dict(killer.kills),
        "submissions repeated": submissions.repeated,
        "states": dict(Counter(states.values())),
        "lost": len([job for job in accepted if states.get(job) != "complete"]),
        "stored without a 202 that arrived": len(states) - len(accepted),
        "with two results": published.with_two_results,
        "work done twice": published.composed_again,
        "events doubled": published.doubled,
        "callbacks missing": len(accepted - set(called)),
        "callbacks doubled": called.total() - len(called),
        "seconds until the last end": round(seconds_to_end if ended else -1),
        "streams followed": submissions.followed,
        "streams that saw the end": submissions.saw_end,
        "reconnections of streams": submissions.reconnections,
    }


def restarts(
    system: RunningSystem, node: Node, server: PostgreSqlServer | None
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the name of each part, and a function that kills and starts it."""
    for part in PARTS:

        def restart(part: str = part) -> None:
            system.end(part, signal.SIGKILL)
            system.start(part)

        yield part, restart
    for name, each in (("store", server), ("broker", node)):
        if each is not None:

            def restart_server(each: PostgreSqlServer | Node = each) -> None:
                each.kill()
                each.start()

            yield name, restart_server


def eventually(holds: Callable[[], bool]) -> bool:
    """Wait for a condition; return whether it came within SETTLE_SECONDS."""
    give_up = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < give_up:
        if holds():
            return True
        time.sleep(1)
    return False


def show_progress(node: Node, store: Store, callbacks: Callbacks) -> None:
    """Write the states of jobs, the callbacks, and the queue of calls to the jobs service."""
    while True:
        time.sleep(PROGRESS_SECONDS)
        called = callbacks.count().total()
        try:
            states = dict(Counter(store.states().values()))
            with node.connect() as connection:
                queue = connection.channel().queue_declare("rpc-jobs", passive=True)
            calls = f"{queue.message_count} calls wait, {queue.consumer_count} consumers"
        except (OSError, AMQPError, psycopg.Error) as error:
            log(f"  {type(error).__name__}")
        else:
            log(f"  {states}; {called} callbacks; {calls}")


def log(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
