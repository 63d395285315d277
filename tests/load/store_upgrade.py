"""Upgrade a store of 10,000 jobs under load, beside the jobs service of an earlier version.

    python -m tests.load.store_upgrade OLD [--jobs 10000] [--rate 10] [--seconds 10] [--sqlite]

OLD is a clone of the version before, with its ``.venv``. Its jobs service creates the store, which
is filled with jobs in all states. Jobs are submitted at a steady rate all the time: to the old
process alone, then a process of this version begins and expands the store, then the old one ends,
then the store is contracted; each for so many seconds.

Ends with 1 if a job of the store is changed or unreadable, or if an accepted one has no end or two
results.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp

from mare_services.contract.jobs import JobState
from mare_services.jobs.adapters.opening import schema_version
from mare_services.jobs.adapters.postgresql import PostgreSql
from mare_services.jobs.adapters.sqlite import Sqlite
from mare_services.jobs.migrations import CONTRACTED, EXPANDED
from mare_services.jobs.ports import Database
from mare_services.jobs.settings import StoreUri
from tests import recorded_results
from tests.broker_node import Node
from tests.debian_rabbitmq import broker_to_test
from tests.integration.jobs import old_store
from tests.load.job_witness import Witness
from tests.postgresql import PostgreSqlServer
from tests.system import PATIENT, SERVICES, RunningSystem
from tests.vhost import eventually


class Clients:
    """Submit jobs one by one at a rate, until the block ends."""

    def __init__(self, url: str, rate: float) -> None:
        self._url, self._rate = url, rate
        self.accepted: list[str] = []
        self.refused = Counter[str]()
        self.longest = 0.0

    async def submit(self, over: asyncio.Event) -> None:
        began = time.monotonic()
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
            for number in itertools.count():
                await asyncio.sleep(began + number / self._rate - time.monotonic())
                if over.is_set():
                    return
                tasks.create_task(self._submit_one(session, number))

    async def _submit_one(self, session: aiohttp.ClientSession, number: int) -> None:
        began = time.monotonic()
        place = {"lat": number % 120 - 60, "lon": number % 360 - 180, "limit": 1}
        async with session.post(f"{self._url}/v1/playlists", json=place) as response:
            if response.status == 202:
                self.accepted.append((await response.json())["id"])
            else:
                self.refused[(await response.json())["code"]] += 1
        self.longest = max(self.longest, time.monotonic() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=10.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--sqlite", action="store_true")
    with contextlib.ExitStack() as stack:
        report = run(parser.parse_args(), stack)
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    failures = ("changed or missing", "unreadable", "without an end", "with two results")
    sys.exit(1 if any(report[each] for each in failures) else 0)


def run(options: argparse.Namespace, stack: contextlib.ExitStack) -> dict[str, object]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mare-upgrade-")))
    node = stack.enter_context(Node(broker_to_test()))
    server = None if options.sqlite else stack.enter_context(PostgreSqlServer())
    uri = server.new_database() if server else f"sqlite://{folder}/old.db"
    environ = {
        **PATIENT,
        "JOBS_STORE": uri,
        "JOBS_STALLED_SECONDS": "3600",  # the jobs of the store stay as they are
        "JOBS_MAX_OPEN": "100000",
    }
    witness = Witness(node)
    system = RunningSystem(node.amqp_uri, folder, environ)
    stack.callback(system.close)
    system.start("jobs-old", python=options.old / ".venv/bin/python")
    system.start(*(each for each in SERVICES if each != "jobs"), "gateway")
    path = StoreUri(uri).sqlite_path
    eventually(lambda: path is None or path.exists(), 60)
    database: Database = Sqlite(path) if path else PostgreSql(uri)
    tables = ("jobs", "outbox", "batches", "batch_jobs", "deliveries")
    eventually(lambda: all(map(database.has_table, tables)), 60)
    old_store.fill(database, options.jobs, events=False)
    with database.transaction() as transaction:  # so that each client may read them
        transaction.execute("UPDATE jobs SET client = ''")
    before = rows(database)

    def execute(statement: str) -> Sequence[tuple[Any, ...]]:
        with database.transaction() as transaction:
            return transaction.execute(statement)

    recorded_results.watch(execute, sqlite=bool(path))
    system.await_answers()
    clients = Clients(system.url, options.rate)
    seconds = asyncio.run(upgrade(system, database, clients, options.seconds, uri))
    states: dict[str, str] = {}

    def all_ended() -> bool:
        with database.transaction(writes=False) as transaction:
            states.update(transaction.execute("SELECT id, state FROM jobs"))
        return all(states.get(job) == "complete" for job in clients.accepted)

    with contextlib.suppress(AssertionError, TimeoutError):
        eventually(all_ended, 120)
    samples = [f"/v1/jobs/{old_store.name(number)}" for number in range(len(JobState))]
    published, after = witness.count(), rows(database)
    return {
        "store": "PostgreSQL" if server else "SQLite",
        "jobs in the store": len(before),
        "changed or missing": sum(after.get(job) != row for job, row in before.items()),
        "unreadable": [each.text for each in map(system.get, samples) if not each.ok],
        "seconds to expand, to contract": seconds,
        "accepted": len(clients.accepted),
        "refused": dict(clients.refused),
        "longest answer, seconds": round(clients.longest, 2),
        "without an end": sum(states.get(job) != "complete" for job in clients.accepted),
        "with two results": recorded_results.with_two_results(execute),
        "work done twice": published.composed_again,
    }


async def upgrade(
    system: RunningSystem, database: Database, clients: Clients, seconds: float, uri: str
) -> list[float]:
    """Upgrade under load; return how long the store took to be expanded and contracted."""
    over = asyncio.Event()
    took = []
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(clients.submit(over))
        await asyncio.sleep(seconds)
        began = time.monotonic()
        system.start("jobs")
        await asyncio.to_thread(eventually, lambda: schema_version(database) >= EXPANDED, 120)
        took.append(round(time.monotonic() - began, 1))
        await asyncio.sleep(seconds)
        await asyncio.to_thread(system.end, "jobs-old", signal.SIGTERM)
        await asyncio.sleep(seconds)
        began = time.monotonic()
        command = [sys.executable, "-m", "mare_services.jobs.migrations", "--contract"]
        environ = os.environ | {"JOBS_STORE": uri}
        await asyncio.to_thread(subprocess.run, command, env=environ, check=True)
        assert schema_version(database) == CONTRACTED
        took.append(round(time.monotonic() - began, 1))
        await asyncio.sleep(seconds)
        over.set()
    return took


def rows(database: Database) -> dict[str, tuple[object, ...]]:
    """Return the jobs that the store was filled with, by id."""
    found = old_store.rows(database, "jobs")
    return {row[0]: row for row in found if row[0].startswith(old_store.PREFIX)}


if __name__ == "__main__":
    main()
