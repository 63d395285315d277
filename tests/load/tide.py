"""Puts two minutes of load on the application in a cluster, and draws the samples of the run."""

import csv
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mare.drawing.drawing import draw
from mare.drawing.figure import LIGHT, Column, Figure, Level, Panel, Point, Series, Shape
from mare.processes.command import CommandFailed
from tests.e2e.application import Application
from tests.vhost import becomes, eventually

SERVICE = "mare-weather"
FALL_SECONDS = 180.0
_DASHBOARD_PORT = 8081


@dataclass(frozen=True, slots=True)
class LoadRun:
    """One run: the operator's sample of each second, and the results of the requests."""

    samples: Mapping[str, Sequence[float | None]]
    """By name: at, depth, wait, running, requested, desired. None is an unknown value."""
    arrivals: Sequence[Point]
    """Times of the run and requests per second."""
    answered: int
    failed: int
    most_ready: int
    """Most Pods of the service that were ready at once, as the API server reports."""

    def points(self, name: str) -> list[Point]:
        return [
            (at, value)
            for at, value in zip(self.samples["at"], self.samples[name], strict=True)
            if at is not None
        ]

    def known(self, name: str) -> list[float]:
        return [value for value in self.samples[name] if value is not None]


def run(application: Application, folder: Path) -> LoadRun:
    """Run the load until it ends; locust writes its reports to `folder`.

    Raise AssertionError if the service does not return to one replica.
    """
    started = time.time()
    with _ready_counts(application) as ready:
        subprocess.run(
            [
                *(sys.executable, "-m", "locust", "--headless", "--only-summary"),
                *("--locustfile", str(Path(__file__).with_name("locustfile.py"))),
                *("--host", application.cluster.ingress, "--csv", str(folder / "tide")),
                *("--exit-code-on-error", "0"),
            ],
            check=True,
            timeout=300,
            env=os.environ | {"PYTHONWARNINGS": "ignore"},
            capture_output=True,
        )
    becomes(lambda: application.replicas(SERVICE), 1, FALL_SECONDS)
    return LoadRun(
        samples(application, SERVICE, started), *_locust_results(folder), max(ready, default=0)
    )


@contextmanager
def _ready_counts(application: Application) -> Iterator[Sequence[int]]:
    """Record the number of ready Pods: the history of an operator ends with its leadership."""
    ended = threading.Event()
    counts: list[int] = []

    def record() -> None:
        while not ended.wait(2):
            with suppress(CommandFailed):
                counts.append(application.ready(SERVICE))

    thread = threading.Thread(target=record)
    thread.start()
    try:
        yield counts
    finally:
        ended.set()
        thread.join()


def samples(
    application: Application, service: str, since: float
) -> Mapping[str, Sequence[float | None]]:
    """Return the history of the operator that is the leader, from the time `since` on."""
    path = f"api/objects/{application.namespace}/{service}/chart?range=10m"
    history = json.loads(_dashboard(application, path))["samples"]
    chosen = [number for number, at in enumerate(history["at"]) if at >= since]
    return {name: [values[n] for n in chosen] for name, values in history.items()}


def _dashboard(application: Application, path: str) -> str:
    """Return the response of the leader, once there is one; the other replica has no data."""
    pods = f"/api/v1/namespaces/{application.namespace}/pods"
    responses: list[str] = []

    def responds() -> bool:
        for pod in application.pods("operator"):
            with suppress(CommandFailed):
                path_of_pod = f"{pods}/{pod}:{_DASHBOARD_PORT}/proxy/{path}"
                responses.append(application.kubectl("get", "--raw", path_of_pod))
        return bool(responses)

    eventually(responds, 120)
    return responses[0]


def _locust_results(folder: Path) -> tuple[list[Point], int, int]:
    """Return arrivals, requests and failures."""
    with (folder / "tide_stats_history.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["Name"] == "Aggregated"]
    with (folder / "tide_stats.csv").open() as file:
        whole = [row for row in csv.DictReader(file) if row["Name"] == "Aggregated"][-1]
    arrivals: list[Point] = [(float(row["Timestamp"]), float(row["Requests/s"])) for row in rows]
    return arrivals, int(whole["Request Count"]), int(whole["Failure Count"])


def draw_chart(load: LoadRun, *, target_seconds: float, most: int) -> str:
    """Return arrival rate, depth, wait and replicas over one time axis, as SVG."""
    moments = [at for at, _ in load.points("depth")]
    start = moments[0]

    def from_start(points: Sequence[Point]) -> list[Point]:
        return [(at - start, value) for at, value in points]

    def series(label: str, name: str, shape: Shape, colour: int) -> Series:
        return Series(label, from_start(load.points(name)), shape, colour)

    arrivals = Series("requests", from_start(load.arrivals), Shape.LINE, 3)
    panels = (
        Panel(title="Requests per second", series=(arrivals,)),
        Panel(
            title="Queue depth: ready and unacknowledged",
            series=(series("depth", "depth", Shape.LINE, 0),),
        ),
        Panel(
            title="Wait, s",
            series=(series("wait", "wait", Shape.LINE, 1),),
            levels=(Level(target_seconds, f"{target_seconds:g} s"),),
        ),
        Panel(
            title="Replicas of weather",
            series=(
                series("running", "running", Shape.AREA, 2),
                series("desired", "desired", Shape.STEPS, 2),
            ),
            levels=(Level(float(most), "max"),),
        ),
    )
    figure = Figure(
        title="Requests through the ingress",
        description=f"{load.answered} requests, {load.failed} failed; up to "
        f"{max(load.known('running')):g} replicas of the weather service.",
        columns=(Column(panels=panels),),
        start=0.0,
        end=moments[-1] - start,
    )
    return draw(figure, LIGHT, width=720)
