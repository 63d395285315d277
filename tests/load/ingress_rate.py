"""The rate that the gateway answers through the ingress while p99 stays within 250 ms.

``python -m tests.load.ingress_rate [--rates 5 10 20] [--seconds 30]`` uses the cluster of
`make cluster`, or starts one. Requests for playlists come at each rate, each for a place that no
cache has, at times that do not wait for answers; the weather API answers after 0.1 s. First each
service has one replica, then the operator scales them. It ends a form at the second rate in turn
that is too high, and prints what processor time each part took for a request, and of the machine.
That of a part is of the Pods that were there before and after the requests: while the operator
scales, the time of Pods that started or ended is not in it.
"""

import argparse
import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

import aiohttp

from mare.simulation.results import percentile
from tests.e2e.application import Application
from tests.e2e.release import application_on_a_cluster
from tests.load.pod_usage import usage_of_pods
from tests.load.printing import print_line

SERVICES = ("weather", "music", "playlists")
LIMIT_SECONDS = 0.25
RATES = (5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 80.0)
_SETTLES_SECONDS = 15.0
"""At each rate before it is measured: the operator scales, the kubelet reads usage each 10 s."""
_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Step:
    """What one rate gave; a request that failed took for ever."""

    rate: float
    took: list[float]
    failed: int
    replicas: str
    milliseconds: dict[str, float]
    """Processor time for a request, by component."""
    busy: float
    """Part of the machine's processor time that was used, also by the load itself."""

    @property
    def p99(self) -> float:
        return percentile(sorted(self.took) + [inf] * self.failed, 0.99)

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {each:.1f}" for name, each in self.milliseconds.items())
        p50 = f"{statistics.median(self.took) * 1000:.0f}" if self.took else "-"
        return (
            f"| {self.rate:g} | {self.replicas} | {p50} "
            f"| {self.p99 * 1000:.0f} | {self.failed} | {self.busy:.0%} | {parts} |"
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rates", type=float, nargs="+", default=RATES)
    options.add_argument("--seconds", type=float, default=30, help="measured at each rate")
    arguments = options.parse_args()
    with application_on_a_cluster() as application:
        application.kubectl("set", "env", "deployment/forecast", "SECONDS_PER_ANSWER=0.1")
        # By default, a weather API is asked 5 times a second; beyond, the climate answers.
        limit = "WEATHER_CALLS_PER_SECOND=1000"
        application.kubectl("set", "env", "deployment/mare-weather", limit)
        application.roll_out("forecast", "mare-weather")
        places = iter(range(10**7))
        _pause(application, '"All"')
        for name in SERVICES:
            application.kubectl("scale", f"deployment/mare-{name}", "--replicas=1")
            application.roll_out(f"mare-{name}")
        one = _highest(application, arguments.rates, arguments.seconds, places, "one replica")
        _pause(application, "null")
        scaled = _highest(application, arguments.rates, arguments.seconds, places, "autoscaled")
    print_line(f"p99 within 250 ms: {one:g}/s with one replica, {scaled:g}/s autoscaled")


def _pause(application: Application, value: str) -> None:
    patch = f'-p={{"spec":{{"paused":{value}}}}}'
    for name in SERVICES:
        application.kubectl("patch", "qa", f"mare-{name}", "--type=merge", patch)


def _highest(
    application: Application,
    rates: Sequence[float],
    seconds: float,
    places: Iterator[int],
    form: str,
) -> float:
    """Return the highest rate that keeps the limit, 0 if none does."""
    print_line(f"\n{form}\n| rate/s | replicas | p50 ms | p99 ms | failed | machine | CPU ms |")
    print_line("|---|---|---|---|---|---|---|")
    highest, too_high = 0.0, 0
    for rate in rates:
        asyncio.run(_load(application, rate, _SETTLES_SECONDS, places))
        used, busy = _used(application), _processor()
        took, failed = asyncio.run(_load(application, rate, seconds, places))
        share = _share(busy, _processor())
        used_for_each = milliseconds(used, _used(application), len(took) + failed)
        replicas = "+".join(str(application.ready(f"mare-{name}")) for name in SERVICES)
        step = Step(rate, took, failed, replicas, used_for_each, share)
        print_line(str(step))
        too_high = 0 if step.p99 <= LIMIT_SECONDS else too_high + 1
        highest = highest if too_high else rate
        if too_high == 2:
            break
    return highest


async def _load(
    application: Application, rate: float, seconds: float, places: Iterator[int]
) -> tuple[list[float], int]:
    """Return the seconds from when each request was due to its answer, and how many failed."""
    took: list[float] = []
    failed = 0
    began = time.monotonic()

    async def request(due: float) -> None:
        nonlocal failed
        number = next(places)
        place = {"lat": str(number % 320 / 2 - 80), "lon": str(number // 320 / 2 - 170)}
        try:
            async with session.get(url, params=place) as answer:
                await answer.read()
                answer.raise_for_status()
            took.append(time.monotonic() - due)
        except (aiohttp.ClientError, TimeoutError):
            failed += 1

    connector = aiohttp.TCPConnector(limit=0)
    url, headers = f"{application.cluster.ingress}/v1/playlists", {"Host": application.host}
    async with (
        aiohttp.ClientSession(connector=connector, headers=headers, timeout=_TIMEOUT) as session,
        asyncio.TaskGroup() as requests,
    ):
        for number in range(round(rate * seconds)):
            due = began + number / rate
            await asyncio.sleep(due - time.monotonic())
            requests.create_task(request(due))
    return took, failed


def _used(application: Application) -> dict[str, float]:
    """Return the processor seconds of each Pod since its start."""
    return {
        pod: usage.cpu_seconds
        for (namespace, pod), usage in usage_of_pods(application.cluster).items()
        if namespace == application.namespace
    }


def milliseconds(
    before: Mapping[str, float], after: Mapping[str, float], requests: int
) -> dict[str, float]:
    """Return the processor time for a request by component, of Pods that are in both readings."""
    components: defaultdict[str, float] = defaultdict(float)
    for pod in sorted(before.keys() & after.keys()):
        component = pod.removeprefix("mare-").split("-")[0]
        components[component] += (after[pod] - before[pod]) * 1000 / requests
    return components


def _processor() -> tuple[float, float]:
    """Return the ticks of all processors that were not idle, and of all."""
    ticks = [float(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def _share(before: tuple[float, float], after: tuple[float, float]) -> float:
    return (after[0] - before[0]) / (after[1] - before[1])


if __name__ == "__main__":
    main()
