"""``make load``: waves of jobs against a running ``make run``, and what became of them.

    python -m local.load [--seconds 60] [--rate 20] [--steady] [--url http://127.0.0.1:5000]

Every 5 s the jobs of 5 s come at once, as batches, so that their queues rise on every machine; with
``--steady`` they come one by one. Each job has coordinates of its own, so that no cache answers it,
and a callback to one of 25 receivers, which take 2 s to answer. Up to 60 jobs at a time are
followed over streams for the times from 202 to the weather and to the playlist. At the end, every
accepted job is looked up: one that has not ended is lost. The processor time of ``make run`` for a
job is what it takes beyond that at rest, which is measured for 5 s before.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from local.load_report import UNFINISHED, Report, progress_bar
from local.processor_time import ProcessorTime
from local.receivers import Receivers, receivers
from local.settings import PID_FILE, Settings
from mare_nameko.settings import SettingsError

FOLLOWED_AT_ONCE = 60
WAVE_SECONDS = 5
LARGEST_BATCH = 100
REST_SECONDS = 5.0
"""Time at rest before the load, in which the processor time of `make run` is measured."""
_PATIENCE = 120.0
"""Seconds after the last submission in which jobs may end and callbacks arrive."""
_DASHBOARD = "http://127.0.0.1:8081"


@dataclass(frozen=True, slots=True)
class Batch:
    """Numbers of jobs that are submitted together, and the second when they are."""

    due: float
    numbers: range


def batches(seconds: float, rate: float, *, steady: bool = False) -> Iterator[Batch]:
    """Yield the jobs of each wave, in batches as large as the API takes, or one by one."""
    if steady:
        yield from (
            Batch(each / rate, range(each, each + 1)) for each in range(round(seconds * rate))
        )
        return
    waves = max(1, round(seconds / WAVE_SECONDS))
    for wave in range(waves):
        numbers = range(round(wave * WAVE_SECONDS * rate), round((wave + 1) * WAVE_SECONDS * rate))
        for first in range(numbers.start, numbers.stop, LARGEST_BATCH):
            yield Batch(wave * WAVE_SECONDS, range(first, min(first + LARGEST_BATCH, numbers.stop)))


class Load:
    def __init__(
        self,
        session: aiohttp.ClientSession,
        receivers: Receivers,
        options: argparse.Namespace,
        processes: ProcessorTime | None,
    ) -> None:
        self._session = session
        self._receivers = receivers
        self._url, self._dashboard = options.url, options.dashboard
        self._options = options
        self._processes = processes
        self._following = asyncio.Semaphore(FOLLOWED_AT_ONCE)
        self._seed = time.time_ns() % 10**9
        self.report = Report()

    async def run(self) -> None:
        """Submit for `seconds`, then wait until all accepted jobs have ended."""
        at_rest = await self._rest()
        options, began = self._options, time.monotonic()
        watching = asyncio.create_task(self._watch(began, options.seconds))
        async with asyncio.TaskGroup() as tasks:
            for batch in batches(options.seconds, options.rate, steady=options.steady):
                await asyncio.sleep(began + batch.due - time.monotonic())
                tasks.create_task(self._submit(batch))
        give_up = time.monotonic() + _PATIENCE
        while self._is_waiting() and time.monotonic() < give_up:
            if self.report.unfinished:
                await self._look_up()
            await asyncio.sleep(1)
        self.report.seconds = time.monotonic() - began
        watching.cancel()
        if self._processes is not None and self.report.states:
            self._processes.sample()
            used, share = self._processes.seconds(), self.report.seconds / REST_SECONDS
            for name, seconds in used.items():
                net = seconds - at_rest.get(name, 0.0) * (1 + share)
                self.report.milliseconds[name] = 1000 * net / len(self.report.states)

    async def _rest(self) -> dict[str, float]:
        """Return the processor time of each command in `REST_SECONDS`."""
        if self._processes is None:
            return {}
        await asyncio.sleep(REST_SECONDS)
        self._processes.sample()
        return self._processes.seconds()

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
        path = f"{self._url}/v1/playlists"
        body: dict[str, object] = {"jobs": [self._job(number) for number in batch.numbers]}
        if self._options.steady:
            body = self._job(batch.numbers[0])
        else:
            path += "/batch"
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
        jobs = [job["id"] for job in accepted.get("jobs", [accepted])]
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
                    if state not in UNFINISHED:
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
            if self._processes is not None:
                self._processes.sample()
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
            load = Load(session, found, options, _processes(options.folder))
            await load.run()
            return load.report


def _processes(folder: str) -> ProcessorTime | None:
    """Return the processes of the `make run` that wrote its number into the folder."""
    with suppress(OSError, ValueError):
        return ProcessorTime(int((Path(folder) / PID_FILE).read_text()))
    return None


def main() -> None:
    parser = argparse.ArgumentParser(prog="make load", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=20.0, help="jobs per second on average")
    parser.add_argument("--steady", action="store_true", help="jobs one by one, not in waves")
    try:
        settings = Settings.from_env(os.environ)
        gateway = f"http://127.0.0.1:{settings.gateway_port}"
    except SettingsError as error:
        sys.exit(str(error))
    parser.add_argument("--url", default=gateway, help="address of make run")
    parser.add_argument("--dashboard", default=_DASHBOARD, help="address of its dashboard")
    parser.set_defaults(folder=settings.folder)
    options = parser.parse_args()
    if urlsplit(options.url).hostname not in ("127.0.0.1", "localhost", "::1"):
        sys.exit("make load only loads this machine: --url must be an address of 127.0.0.1.")
    print(
        f"{options.rate:g} jobs a second for {options.seconds:g} s, "
        f"{'one by one' if options.steady else f'in waves of {WAVE_SECONDS} s'}.\n"
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


if __name__ == "__main__":
    main()
