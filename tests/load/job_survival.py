"""Submit jobs at a steady rate while every part of the system is killed in turn.

    python -m tests.load.job_survival [--jobs 5000] [--rate 50] [--every 15] [--seconds 300]

Runs the whole system on this machine (SQLite store, private broker) and sends SIGKILL to gateway,
events process, playlists, jobs (which holds the store) and broker in turn, until all jobs are
accepted. One job in ten is followed by a stream that reconnects. A durable queue counts what the
parts publish. Ends with 1 if an accepted job is missing or has two results.
"""

import argparse
import asyncio
import json
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from amqp.exceptions import AMQPError

from devcluster.rabbitmq import broker_to_test
from local.rabbitmq import Node
from local.settings import cache_folder
from tests.load.job_clients import Submissions
from tests.load.job_witness import Witness
from tests.system import RunningSystem, running_system

PARTS = ("gateway", "events", "playlists", "jobs", "broker")
SETTLE_SECONDS = 300.0
PROGRESS_SECONDS = 10.0


class Killer(threading.Thread):
    """Kills the parts in turn and starts each again at once."""

    def __init__(self, system: RunningSystem, node: Node, every: float) -> None:
        super().__init__(daemon=True)
        self._system = system
        self._node = node
        self._every = every
        self._over = threading.Event()
        self.kills = Counter[str]()

    def run(self) -> None:
        number = 0
        while not self._over.wait(self._every):
            part = PARTS[number % len(PARTS)]
            number += 1
            if part == "broker":
                self._node.kill()
                self._node.start()
            else:
                self._system.end(part, signal.SIGKILL)
                self._system.start(part)
            self.kills[part] += 1
            log(f"killed {part}")

    def stop(self) -> None:
        self._over.set()
        self.join()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--jobs", type=int, default=5000)
    options.add_argument("--rate", type=float, default=50.0, help="submissions per second")
    options.add_argument("--every", type=float, default=15.0, help="seconds between two kills")
    options.add_argument("--seconds", type=float, default=300.0, help="longest time of submission")
    asked = options.parse_args()
    program = broker_to_test(cache_folder(), log)
    with tempfile.TemporaryDirectory(prefix="mare-survival-") as name, Node(program) as node:
        folder = Path(name)
        with running_system(
            node.amqp_uri,
            folder,
            JOBS_STALLED_SECONDS="60",
            JOBS_REDELIVERIES="50",
            EVENTS_MAX_STREAMS_PER_ADDRESS="5000",
        ) as system:
            system.start("events")
            witness = Witness(node)
            report = run(asked, system, node, witness, folder)
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    sys.exit(1 if report["lost"] or report["with two results"] else 0)


def run(
    asked: argparse.Namespace, system: RunningSystem, node: Node, witness: Witness, folder: Path
) -> dict[str, object]:
    killer = Killer(system, node, asked.every)
    submissions = Submissions(system.url, system.events_url, asked.rate)
    killer.start()
    threading.Thread(target=show_progress, args=(node, folder), daemon=True).start()
    began = time.monotonic()
    asyncio.run(submissions.submit(asked.jobs, asked.seconds, killer.stop))
    submitted = time.monotonic() - began
    ended = wait_for_end(folder)
    states = Counter(state for _, state in jobs_of(folder))
    accepted = set(submissions.accepted)
    published = witness.count()
    return {
        "jobs submitted": submissions.submitted,
        "accepted": len(accepted),
        "seconds of submission": round(submitted),
        "kills": dict(killer.kills),
        "submissions repeated": submissions.repeated,
        "states": dict(states),
        "lost": len(accepted - {job for job, state in jobs_of(folder) if state == "complete"}),
        "stored without a 202 that arrived": sum(states.values()) - len(accepted),
        "with two results": published.with_two_results,
        "work done twice": published.composed_again,
        "events doubled": published.doubled,
        "seconds until the last end": round(time.monotonic() - began if ended else -1),
        "streams followed": submissions.followed,
        "streams that saw the end": submissions.saw_end,
        "reconnections of streams": submissions.reconnections,
    }


def wait_for_end(folder: Path) -> bool:
    give_up = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < give_up:
        if {state for _, state in jobs_of(folder)} == {"complete"}:
            return True
        time.sleep(1)
    return False


def show_progress(node: Node, folder: Path) -> None:
    """Write the states of jobs, and ready messages and consumers of the queue of calls."""
    while True:
        time.sleep(PROGRESS_SECONDS)
        states = dict(Counter(state for _, state in jobs_of(folder)))
        try:
            with node.connect() as connection:
                queue = connection.channel().queue_declare("rpc-jobs", passive=True)
            calls = f"{queue.message_count} calls wait, {queue.consumer_count} consumers"
        except (OSError, AMQPError):
            calls = "no broker"
        log(f"  {states}; {calls}")


def jobs_of(folder: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(folder / "jobs.db", timeout=30) as store:
        return store.execute("SELECT id, state FROM jobs").fetchall()


def log(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
