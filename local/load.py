"""``make load``: waves of jobs against a running ``make run``, and what became of them.

    python -m local.load [--seconds 60] [--rate 20] [--url http://127.0.0.1:5000]

Every 5 s the jobs of 5 s come at once, as batches, so that their queues rise on every machine. Each
job has coordinates of its own, so that no cache answers it, and a callback to one of 25 receivers,
which take 2 s to answer. Up to 60 jobs at a time are followed over streams for the times from 202
to the weather and to the playlist. At the end, every accepted job is looked up: one that has not
ended is lost.
"""

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

from local.receivers import Receivers, receivers
from local.settings import Settings
from mare_nameko.settings import SettingsError

FOLLOWED_AT_ONCE = 60
WAVE_SECONDS = 5
LARGEST_BATCH = 100
_PATIENCE = 120.0
"""Seconds after the last submission in which jobs may end and callbacks arrive."""
_DASHBOARD = "http://127.0.0.1:8081"
_NO_DASHBOARD = "replicas      not known: LOAD='--dashboard URL' with the URL that make run printed"
_UNFINISHED = ("pending", "running", "partial")
_WIDTH = 30


@dataclass(slots=True)
class Report:
    """Counts of one run, and seconds from 202. The status 0 is a connection that failed."""

    submitted: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    states: dict[str, str] = field(default_factory=dict)
    to_partial: list[float] = field(default_factory=list)
    to_end: list[float] = field(default_factory=list)
    highest: dict[str, int] = field(default_factory=dict)
    replicas: dict[str, int] = field(default_factory=dict)
    called_back: int = 0
    seconds: float = 0.0

    @property
    def unfinished(self) -> list[str]:
        return [job for job, state in self.states.items() if state in _UNFINISHED]

    @property
    def lost(self) -> int:
        return len(self.unfinished)

    def saw_replicas(self, name: str, count: int) -> None:
        self.replicas[name] = count
        self.highest[name] = max(count, self.highest.get(name, 0))

    def text(self) -> str:
        states = Counter(self.states.values())
        ended = ", ".join(f"{count} {state}" for state, count in states.most_common())
        lines = [
            f"accepted      {len(self.states)} of {self.submitted} jobs in {self.seconds:.0f} s",
            f"ended         {ended or 'none'}",
            f"lost          {self.lost}",
            f"callbacks     {self.called_back} of {len(self.states)} jobs",
            f"202 → weather {_percentiles(self.to_partial)}",
            f"202 → end     {_percentiles(self.to_end)}",
        ]
        if self.refused:
            statuses = ", ".join(
                f"{n} with status {status or 'no answer'}" for status, n in self.refused.items()
            )
            lines.append(f"refused       {statuses}")
        highest = ", ".join(f"{name} {count}" for name, count in sorted(self.highest.items()))
        lines.append(f"replicas      at most {highest}" if highest else _NO_DASHBOARD)
        return "\n".join(["", *lines])


@dataclass(frozen=True, slots=True)
class Batch:
    """Numbers of jobs that are submitted together, and the second when they are."""

    due: float
    numbers: range


def batches(seconds: float, rate: float) -> Iterator[Batch]:
    """Yield the jobs of each wave, in batches as large as the API takes."""
    waves = max(1, round(seconds / WAVE_SECONDS))
    for wave in range(waves):
        numbers = range(round(wave * WAVE_SECONDS * rate), round((wave + 1) * WAVE_SECONDS * rate))
        for first in range(numbers.start, numbers.stop, LARGEST_BATCH):
            yield Batch(wave * WAVE_SECONDS, range(first, min(first + LARGEST_BATCH, numbers.stop)))


class Load:
    def __init__(
        self, session: aiohttp.ClientSession, receivers: Receivers, url: str, dashboard: str
    ) -> None:
        self._session = session
        self._receivers = receivers
        self._url = url
        self._dashboard = dashboard
        self._following = asyncio.Semaphore(FOLLOWED_AT_ONCE)
        self._seed = time.time_ns() % 10**9
        self.report = Report()

    async def run(self, seconds: float, rate: float) -> None:
        """Submit for `seconds`, then wait until all accepted jobs have ended."""
        began = time.monotonic()
        watching = asyncio.create_task(self._watch(began, seconds))
        async with asyncio.TaskGroup() as tasks:
            for batch in batches(seconds, rate):
                await asyncio.sleep(began + batch.due - time.monotonic())
                tasks.create_task(self._submit(batch))
        give_up = time.monotonic() + _PATIENCE
        while self._is_waiting() and time.monotonic() < give_up:
            if self.report.unfinished:
                await self._look_up()
            await asyncio.sleep(1)
        self.report.seconds = time.monotonic() - began
        watching.cancel()

    def _is_waiting(self) -> bool:
        self.report.called_back = len(self._receivers.jobs & self.report.states.keys())
        return bool(self.report.unfinished) or self.report.called_back < len(self.report.states)

    def _job(self, number: int) -> dict[str, object]:
        draw = self._seed + number * 7_919
        return {
            "lat": draw % 12_000 / 100 - 60,
            "lon": draw % 35_999 / 100 - 180,
            "limit": 5,
            "callback_url": self._receivers.urls[number % len(self._receivers.urls)],
        }

    async def _submit(self, batch: Batch) -> None:
        path = f"{self._url}/v1/playlists/batch"
        body = {"jobs": [self._job(number) for number in batch.numbers]}
        self.report.submitted += len(batch.numbers)
        try:
            async with self._session.post(path, json=body) as response:
                if response.status != 202:  # noqa: PLR2004
                    self.report.refused[response.status] += len(batch.numbers)
                    return
                accepted = await response.json()
        except (aiohttp.ClientError, OSError, TimeoutError):
            self.report.refused[0] += len(batch.numbers)
            return
        accepted_at = time.monotonic()
        jobs = [job["id"] for job in accepted["jobs"]]
        self.report.states |= dict.fromkeys(jobs, "pending")
        await asyncio.gather(*(self._follow(job, accepted_at) for job in jobs))

    async def _follow(self, job_id: str, accepted_at: float) -> None:
        if self._following.locked():
            return
        path = f"{self._url}/v1/jobs/{job_id}/events"
        seen_weather = False
        with suppress(aiohttp.ClientError, OSError, TimeoutError):
            async with self._following, self._session.get(path) as stream:
                async for line in stream.content:
                    if not line.startswith(b"id: 1-"):
                        continue
                    state = line[6:].decode().strip()
                    passed = time.monotonic() - accepted_at
                    if state in ("partial", "complete") and not seen_weather:
                        seen_weather = True
                        self.report.to_partial.append(passed)
                    if state not in _UNFINISHED:
                        self.report.states[job_id] = state
                        self.report.to_end.append(passed)
                        return

    async def _look_up(self) -> None:
        """Read the list of jobs back to the oldest one that has not ended."""
        oldest = min(self.report.unfinished)
        path: str | None = "/v1/jobs?limit=50"
        while path is not None:
            async with self._session.get(self._url + path) as response:
                if response.status != 200:  # noqa: PLR2004
                    return
                page = await response.json()
            for job in page["jobs"]:
                if job["id"] in self.report.states:
                    self.report.states[job["id"]] = job["state"]
            path = page["next"] if page["jobs"] and page["jobs"][-1]["id"] > oldest else None

    async def _watch(self, began: float, seconds: float) -> None:
        """Show the progress twice a second, and remember the highest numbers of replicas."""
        while True:
            await self._read_replicas()
            progress_bar(time.monotonic() - began, seconds, self.report)
            await asyncio.sleep(0.5)

    async def _read_replicas(self) -> None:
        try:
            async with self._session.get(f"{self._dashboard}/api/state") as response:
                state = await response.json()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return
        for entry in state.get("objects", ()):
            self.report.saw_replicas(entry["name"], entry["replicas"]["running"] or 0)


async def run(options: argparse.Namespace) -> Report:
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=60)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        async with session.get(f"{options.url}/v1/jobs?limit=1") as response:
            response.raise_for_status()
        async with receivers() as found:
            load = Load(session, found, options.url, options.dashboard)
            await load.run(options.seconds, options.rate)
            return load.report


def main() -> None:
    parser = argparse.ArgumentParser(prog="make load", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=20.0, help="jobs per second on average")
    try:
        gateway = f"http://127.0.0.1:{Settings.from_env(os.environ).gateway_port}"
    except SettingsError as error:
        sys.exit(str(error))
    parser.add_argument("--url", default=gateway, help="address of make run")
    parser.add_argument("--dashboard", default=_DASHBOARD, help="address of its dashboard")
    options = parser.parse_args()
    if urlsplit(options.url).hostname not in ("127.0.0.1", "localhost", "::1"):
        sys.exit("make load only loads this machine: --url must be an address of 127.0.0.1.")
    print(
        f"{options.rate:g} jobs a second for {options.seconds:g} s, in waves of {WAVE_SECONDS} s.\n"
        f"Watch {options.dashboard}: playlists, jobs and webhooks rise, and fall again 30 s after."
    )
    try:
        report = asyncio.run(run(options))
    except (aiohttp.ClientError, OSError) as error:
        sys.exit(
            f"Nothing answers at {options.url}. Start `make run` in another terminal;"
            f" with another port, set the same GATEWAY_PORT here. ({error})"
        )
    print(report.text())
    sys.exit(1 if report.lost else 0)


def progress_bar(passed: float, seconds: float, report: Report) -> None:
    """Redraw one line of a terminal; write nothing elsewhere."""
    if not sys.stdout.isatty():
        return
    share = min(1.0, passed / seconds)
    bar = "█" * round(share * _WIDTH) + "░" * (_WIDTH - round(share * _WIDTH))
    ended = len(report.states) - report.lost
    replicas = "  ".join(f"{name} {count}" for name, count in sorted(report.replicas.items()))
    line = f"\r{bar} {passed:3.0f} s  accepted {len(report.states)}  ended {ended}  {replicas}"
    sys.stdout.write(line[:200] + "\x1b[K")
    sys.stdout.flush()


def _percentiles(values: list[float]) -> str:
    if len(values) < 2:  # noqa: PLR2004
        return "not known"
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    return f"p50 {cuts[9]:.2f} s, p95 {cuts[18]:.2f} s ({len(values)} jobs were followed)"


if __name__ == "__main__":
    main()
