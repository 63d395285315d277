"""Submit jobs at a steady rate while every part of the system is killed in turn.

    python -m tests.load.job_survival [--jobs 5000] [--rate 50] [--every 15] [--seconds 300]
                                      [--sqlite] [--parts webhooks jobs] [--stop-seconds 20]
                                      [--replicas 3]

Runs the whole system on this machine and sends SIGKILL to gateway, events process, playlists, jobs,
webhooks, store (PostgreSQL) and broker in turn, until all jobs are accepted. With --stop-seconds,
every second fault of a process is a SIGSTOP of that length, while the next faults go on. Of each
service there are --replicas processes, which are killed and stopped in turn. With --sqlite the
store is a part of the jobs process. One job in ten is followed by a stream that reconnects. A
durable queue counts what the parts publish, a trigger in the store the results. Each job has two
callbacks. The receiver is a process of its own, which verifies each signature; a tenth of the jobs
has one that has gone, a tenth one that is always away.

Ends with 1 if an accepted job is missing or has two results, or if the id of a callback is neither
delivered, refused with 410, nor in the list of dead letters.
"""

import argparse
import asyncio
import base64
import contextlib
import itertools
import json
import secrets
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
from amqp.exceptions import AMQPError

from mare_services.jobs.settings import StoreUri
from tests import recorded_results
from tests.broker_node import Node
from tests.debian_rabbitmq import broker_to_test
from tests.load.callback_ledger import EVENTS, CallbackLedger, Fates, StoredJob
from tests.load.faults import Faults
from tests.load.job_clients import Submissions
from tests.load.job_witness import Witness
from tests.postgresql import PostgreSqlServer
from tests.system import SERVICES, RunningSystem, running_system

PARTS = ("gateway", "events", "playlists", "jobs", "webhooks")
SERVERS = ("store", "broker")
SETTLE_SECONDS = 300.0
PROGRESS_SECONDS = 10.0


class Store:
    """Runs statements in the database of the system."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def execute(self, statement: str) -> Sequence[tuple[Any, ...]]:
        path = StoreUri(self.uri).sqlite_path
        connection = sqlite3.connect(path, timeout=30) if path else psycopg.connect(self.uri)
        with contextlib.closing(connection), connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def jobs(self) -> list[StoredJob]:
        return [StoredJob(*row) for row in self.execute("SELECT id, state, attempt FROM jobs")]

    def states(self) -> dict[str, str]:
        """Return the state of each job by its id."""
        return {job.id: job.state for job in self.jobs()}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--jobs", type=int, default=5000)
    options.add_argument("--rate", type=float, default=50.0, help="submissions per second")
    options.add_argument("--every", type=float, default=15.0, help="seconds between two kills")
    options.add_argument("--seconds", type=float, default=300.0, help="longest time of submission")
    options.add_argument("--sqlite", action="store_true")
    options.add_argument("--parts", nargs="+", help="kill only these", choices=(*PARTS, *SERVERS))
    options.add_argument("--stop-seconds", type=float, default=0.0)
    options.add_argument("--replicas", type=int, default=1)
    arguments = options.parse_args()
    with contextlib.ExitStack() as stack:
        report = run(arguments, stack)
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    failures = ("lost", "with two results", "callbacks missing", "invalid signatures")
    sys.exit(1 if any(report[each] for each in failures) else 0)


def run(arguments: argparse.Namespace, stack: contextlib.ExitStack) -> dict[str, object]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mare-survival-")))
    node = stack.enter_context(Node(broker_to_test()))
    server = None if arguments.sqlite else stack.enter_context(PostgreSqlServer())
    store = Store(server.new_database() if server else f"sqlite://{folder}/jobs.db")
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    ledger = stack.enter_context(CallbackLedger(folder, secret))
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
        "WEBHOOKS_RETRY_SECONDS": "1,2,5,10,20,20,20",
    }
    system = stack.enter_context(running_system(node.amqp_uri, folder, **environ))
    system.start("events", "webhooks")
    for number in range(2, arguments.replicas + 1):
        system.start(*(f"{service}-{number}" for service in (*SERVICES, "webhooks")))
    witness = Witness(node)
    recorded_results.watch(store.execute, sqlite=arguments.sqlite)
    causes = {
        fault: cause
        for fault, cause in restarts(system, node, server, arguments)
        if not arguments.parts or fault.partition(" ")[0] in arguments.parts
    }
    faults = Faults(causes, arguments.every, log)
    submissions = Submissions(
        system.url, system.events_url, ledger.urls, arguments.rate, events=EVENTS
    )
    faults.start()
    threading.Thread(target=show_progress, args=(node, store), daemon=True).start()
    began = time.monotonic()
    asyncio.run(submissions.submit(arguments.jobs, arguments.seconds, faults.stop))
    submitted = time.monotonic() - began
    ended = eventually(lambda: set(store.states().values()) == {"complete"})
    seconds_to_end = time.monotonic() - began
    accepted = set(submissions.accepted)

    def fates() -> Fates:
        return ledger.fates(store.jobs(), node)

    eventually(lambda: not fates().missing)
    states, callbacks, published = store.states(), fates(), witness.count()
    return {
        "store": "SQLite" if arguments.sqlite else "PostgreSQL",
        "jobs submitted": submissions.submitted,
        "accepted": len(accepted),
        "seconds of submission": round(submitted),
        "faults": dict(faults.counts),
        "submissions repeated": submissions.repeated,
        "states": dict(Counter(states.values())),
        "lost": len([job for job in accepted if states.get(job) != "complete"]),
        "stored without a 202 that arrived": len(states) - len(accepted),
        "with two results": recorded_results.with_two_results(store.execute),
        "work done twice": published.composed_again,
        "events doubled": published.doubled,
        "callbacks delivered": len(callbacks.delivered),
        "callbacks refused with 410": len(callbacks.refused),
        "callbacks in the list of dead letters": len(callbacks.dead),
        "callbacks missing": sorted(callbacks.missing)[:20],
        "callbacks doubled": callbacks.copies,
        "410s beyond the first of a job": callbacks.gone_again,
        "invalid signatures": callbacks.invalid,
        "seconds until the last end": round(seconds_to_end if ended else -1),
        "streams followed": submissions.followed,
        "streams that saw the end": submissions.saw_end,
        "reconnections of streams": submissions.reconnections,
    }


def restarts(
    system: RunningSystem,
    node: Node,
    server: PostgreSqlServer | None,
    arguments: argparse.Namespace,
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the name of each part, and a function that kills and starts it or stops it a while."""
    for part in PARTS:
        copies = [part, *(each for each in system.pids() if each.startswith(f"{part}-"))]
        turns = itertools.cycle(copies)

        def restart(turns: Iterator[str] = turns) -> None:
            copy = next(turns)
            system.end(copy, signal.SIGKILL)
            system.start(copy)

        def stop(turns: Iterator[str] = turns) -> None:
            threading.Thread(
                target=system.stop, args=(next(turns), arguments.stop_seconds), daemon=True
            ).start()

        yield part, restart
        if arguments.stop_seconds:
            yield f"{part} stopped", stop
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


def show_progress(node: Node, store: Store) -> None:
    """Write the states of jobs, and the queue of calls to the jobs service."""
    while True:
        time.sleep(PROGRESS_SECONDS)
        try:
            states = dict(Counter(store.states().values()))
            with node.connect() as connection:
                queue = connection.channel().queue_declare("rpc-jobs", passive=True)
            calls = f"{queue.message_count} calls wait, {queue.consumer_count} consumers"
        except (OSError, AMQPError, psycopg.Error) as error:
            log(f"  {type(error).__name__}")
        else:
            log(f"  {states}; {calls}")


def log(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
