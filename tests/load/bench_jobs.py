"""Jobs against synchronous calls on the same machine, times from 202 to the results, and cost.

    python -m tests.load.bench_jobs [--seconds 15] [--clients 16] [--steady-only] [--postgresql]

The whole system with one process of each service and embedded sources. Closed loop: each
client sends its next request when it has the answer. Then 5 jobs a second, each followed by a
stream. Then 10 jobs a second, and as many calls: the processor time that each process takes for
one, beyond what it takes at rest, and the messages that are published for it. With PostgreSQL
instead of SQLite also all transactions, with the few at rest.
"""

import argparse
import asyncio
import itertools
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import requests

from mare_services.jobs.migrations import CONTRACTED
from mare_services.jobs.migrations.upgrade import upgrade
from mare_services.jobs.settings import StoreUri
from tests.broker_node import Node
from tests.debian_rabbitmq import broker_to_test
from tests.postgresql import PostgreSqlServer
from tests.proc import tree_seconds
from tests.system import RunningSystem, running_system
from tests.vhost import eventually

FOLLOWED_PER_SECOND = 5.0
STEADY_PER_SECOND = 10.0
Request = Callable[[dict[str, object]], Awaitable[bool]]


def places() -> Iterator[dict[str, object]]:
    """Return places that no cache has seen."""
    for number in itertools.count():
        yield {"lat": number % 11_900 / 100 - 59, "lon": number % 35_800 / 100 - 179, "limit": 1}


async def closed_loop(
    request: Request, fresh: Iterator[dict[str, object]], clients: int, seconds: float
) -> tuple[int, int, list[float]]:
    """Return the numbers of successes and failures, and the times of the successes in seconds."""
    times: list[float] = []
    failed = 0
    over = time.monotonic() + seconds

    async def client() -> None:
        nonlocal failed
        while (began := time.monotonic()) < over:
            if await request(next(fresh)):
                times.append(time.monotonic() - began)
            else:
                failed += 1

    await asyncio.gather(*(client() for _ in range(clients)))
    return len(times), failed, times


async def follow(
    session: aiohttp.ClientSession, system: RunningSystem, place: object
) -> list[float]:
    """Submit a job; return the seconds from 202 to the weather and to the end."""
    async with session.post(f"{system.url}/v1/playlists", json=place) as response:
        job = await response.json()
    accepted, weather = time.monotonic(), 0.0
    async with session.get(f"{system.events_url}/v1/jobs/{job['id']}/events") as stream:
        async for line in stream.content:
            if not weather and line in (b"id: 1-partial\n", b"id: 1-complete\n"):
                weather = time.monotonic()
            if line == b"event: end\n":
                break
    return [weather - accepted, time.monotonic() - accepted]


async def steady(
    system: RunningSystem, node: Node, store: "Store", seconds: float, fresh: Iterator[object]
) -> dict[str, object]:
    """Submit jobs, then call, at a steady rate; return what one costs."""
    at_rest = Usage(system, node)
    await asyncio.sleep(seconds / 3)
    resting = at_rest.per_second()
    count = int(seconds * STEADY_PER_SECOND)
    url = f"{system.url}/v1/playlists"
    found: dict[str, object] = {}
    async with aiohttp.ClientSession() as session:
        for kind in ("job", "call"):
            before, loaded = store.ended(), Usage(system, node)
            transactions = store.transactions()
            began = time.monotonic()

            async def request(number: int, kind: str = kind, began: float = began) -> None:
                await asyncio.sleep(began + number / STEADY_PER_SECOND - time.monotonic())
                place = next(fresh)
                sent = (
                    session.post(url, json=place)
                    if kind == "job"
                    else session.get(url, params=place)
                )
                async with sent as response:
                    assert response.ok, await response.text()

            await asyncio.gather(*(request(number) for number in range(count)))
            jobs = before + count if kind == "job" else before
            await asyncio.to_thread(eventually, lambda jobs=jobs: store.ended() >= jobs, 240)
            used, messages = loaded.per_second(), loaded.messages()
            net = {
                part: 1000 * (used[part] - resting[part]) * loaded.passed / count for part in used
            }
            found[f"ms of processor time for a {kind}"] = {
                part: round(each, 1) for part, each in net.items()
            }
            found[f"ms for a {kind} in all"] = round(sum(net.values()), 1)
            found[f"messages for a {kind}"] = round(messages / count, 1)
            if store.counts_transactions:
                more = store.transactions() - transactions
                found[f"transactions for a {kind}"] = round(more / count, 1)
    return found


class Usage:
    """Processor time and messages since it was created."""

    def __init__(self, system: RunningSystem, node: Node) -> None:
        self._pids = {**system.pids(), "broker": node.pid}
        self._node = node
        self._began, self._before = time.monotonic(), self._now()
        self._published = node.published()
        self.passed = 0.0

    def per_second(self) -> dict[str, float]:
        self.passed = time.monotonic() - self._began
        now = self._now()
        return {part: (now[part] - self._before[part]) / self.passed for part in now}

    def messages(self) -> int:
        return self._node.published() - self._published

    def _now(self) -> dict[str, float]:
        return {part: tree_seconds(pid) for part, pid in self._pids.items()}


async def measure(
    system: RunningSystem, node: Node, store: "Store", arguments: argparse.Namespace
) -> object:
    fresh = places()
    if arguments.steady_only:
        return await steady(system, node, store, arguments.seconds, fresh)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def call(place: dict[str, object]) -> bool:
            async with session.get(f"{system.url}/v1/playlists", params=place) as response:
                return response.status == 200 and bool(await response.read())

        async def submit(place: dict[str, object]) -> bool:
            async with session.post(f"{system.url}/v1/playlists", json=place) as response:
                return response.status == 202 and bool(await response.read())

        calls, calls_failed, call_times = await closed_loop(
            call, fresh, arguments.clients, arguments.seconds
        )
        began = time.monotonic()
        jobs, jobs_failed, job_times = await closed_loop(
            submit, fresh, arguments.clients, arguments.seconds
        )
        await asyncio.to_thread(eventually, lambda: store.ended() >= jobs, 240)
        drained = time.monotonic() - began
        following = []
        for _ in range(int(arguments.seconds * FOLLOWED_PER_SECOND)):
            following.append(asyncio.create_task(follow(session, system, next(fresh))))
            await asyncio.sleep(1 / FOLLOWED_PER_SECOND)
        followed = await asyncio.gather(*following)
    cost = await steady(system, node, store, arguments.seconds, fresh)
    return {
        "calls per second": round(calls / arguments.seconds, 1),
        "call, ms (p50, p95)": percentiles(call_times),
        "calls refused": calls_failed,
        "jobs accepted per second": round(jobs / arguments.seconds, 1),
        "202, ms (p50, p95)": percentiles(job_times),
        "jobs refused": jobs_failed,
        "jobs completed per second": round(jobs / drained, 1),
        "jobs followed": len(followed),
        "202 to weather, ms (p50, p95)": percentiles([each[0] for each in followed]),
        "202 to end, ms (p50, p95)": percentiles([each[1] for each in followed]),
        **cost,
    }


def accepts_jobs(system: RunningSystem) -> bool:
    submitted = requests.post(f"{system.url}/v1/playlists", json={"lat": 0, "lon": 0}, timeout=60)
    return submitted.status_code == 202


class Store:
    """What the database of the jobs says; SQLite counts no transactions."""

    def __init__(self, uri: str) -> None:
        self.counts_transactions = uri.startswith("postgresql:")
        self._connection: Any = (
            psycopg.connect(uri, autocommit=True)
            if self.counts_transactions
            else sqlite3.connect(uri.removeprefix("sqlite://"), timeout=30, check_same_thread=False)
        )
        self._own = 0

    def ended(self) -> int:
        return self._number("SELECT count(*) FROM jobs WHERE state = 'complete'")

    def transactions(self) -> int:
        """Return how many others have committed, up to a second ago."""
        if not self.counts_transactions:
            return 0
        statement = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        return self._number(statement) - self._own

    def _number(self, statement: str) -> int:
        self._own += 1
        return int(self._connection.execute(statement).fetchone()[0])


def percentiles(seconds: list[float]) -> list[float]:
    cuts = statistics.quantiles(seconds, n=20, method="inclusive")
    return [round(1000 * cuts[9], 1), round(1000 * cuts[18], 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--steady-only", action="store_true")
    parser.add_argument("--postgresql", action="store_true")
    arguments = parser.parse_args()
    program = broker_to_test()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mare-jobs-")))
        node = stack.enter_context(Node(program))
        uri = f"sqlite://{folder}/jobs.db"
        if arguments.postgresql:
            uri = stack.enter_context(PostgreSqlServer()).new_database()
            upgrade(StoreUri(uri), CONTRACTED)
        bounds = {"EVENTS_MAX_STREAMS_PER_ADDRESS": "1000", "JOBS_MAX_OPEN": "100000"}
        with running_system(node.amqp_uri, folder, JOBS_STORE=uri, **bounds) as system:
            system.start("events")
            eventually(lambda: "Streaming on port" in system.log("events"))
            eventually(lambda: accepts_jobs(system))
            report = asyncio.run(measure(system, node, Store(uri), arguments))
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
