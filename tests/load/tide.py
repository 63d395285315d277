"""Two minutes of load on the application in a cluster, what came of it, and a picture of it."""

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

from devcluster.command import CommandFailed
from mare.drawing.drawing import draw
from mare.drawing.figure import Column, Figure, Level, Panel, Point, Series, Shape
from mare.drawing.theme import LIGHT
from tests.e2e.application import Application
from tests.vhost import becomes, eventually

SERVICE = "mare-weather"
FALL_SECONDS = 180.0
_DASHBOARD_PORT = 8081


@dataclass(frozen=True, slots=True)
class Course:
    """One run: what the operator saw and did each second, and what people got."""

    samples: Mapping[str, Sequence[float | None]]
    """By name: at, depth, wait, running, requested, desired; None where it was not known."""
    arrivals: Sequence[Point]
    """Requests a second."""
    answered: int
    failed: int
    most_ready: int
    """Pods of the service that were ready at once, as the API server told."""

    def points(self, name: str) -> list[Point]:
        return [
            (at, value)
            for at, value in zip(self.samples["at"], self.samples[name], strict=True)
            if at is not None
        ]

    def known(self, name: str) -> list[float]:
        return [value for value in self.samples[name] if value is not None]


def run(application: Application, folder: Path) -> Course:
    """Let the tide come in and go out again; `folder` gets locust's own reports.

    Raise AssertionError if there is more than one replica in the end.
    """
    started = time.time()
    with _watched(application) as ready:
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
    return Course(_seen(application, started), *_told(folder), max(ready, default=0))


@contextmanager
def _watched(application: Application) -> Iterator[Sequence[int]]:
    """Note how many Pods are ready: a history of the operator ends with the one that acts."""
    over = threading.Event()
    seen: list[int] = []

    def look() -> None:
        while not over.wait(2):
            with suppress(CommandFailed):
                seen.append(application.ready(SERVICE))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _seen(application: Application, since: float) -> Mapping[str, Sequence[float | None]]:
    """What the acting operator has in its history."""
    path = f"api/objects/{application.namespace}/{SERVICE}/chart?range=10m"
    samples = json.loads(_dashboard(application, path))["samples"]
    chosen = [number for number, at in enumerate(samples["at"]) if at >= since]
    return {name: [values[n] for n in chosen] for name, values in samples.items()}


def _dashboard(application: Application, path: str) -> str:
    """The answer of the replica that acts, once there is one; the other one refuses."""
    pods = f"/api/v1/namespaces/{application.namespace}/pods"
    found: list[str] = []

    def is_told() -> bool:
        for pod in application.pods("operator"):
            with suppress(CommandFailed):
                path_of_pod = f"{pods}/{pod}:{_DASHBOARD_PORT}/proxy/{path}"
                found.append(application.kubectl("get", "--raw", path_of_pod))
        return bool(found)

    eventually(is_told, 120)
    return found[0]


def _told(folder: Path) -> tuple[list[Point], int, int]:
    with (folder / "tide_stats_history.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["Name"] == "Aggregated"]
    with (folder / "tide_stats.csv").open() as file:
        whole = [row for row in csv.DictReader(file) if row["Name"] == "Aggregated"][-1]
    arrivals: list[Point] = [(float(row["Timestamp"]), float(row["Requests/s"])) for row in rows]
    return arrivals, int(whole["Request Count"]), int(whole["Failure Count"])


def picture(course: Course, *, target_seconds: float, most: int) -> str:
    """Draw arrival rate, depth, wait and replicas over one time axis, as SVG."""
    moments = [at for at, _ in course.points("depth")]
    start = moments[0]

    def from_start(points: Sequence[Point]) -> list[Point]:
        return [(at - start, value) for at, value in points]

    def series(label: str, name: str, shape: Shape, colour: int) -> Series:
        return Series(label, from_start(course.points(name)), shape, colour)

    arrivals = Series("requests", from_start(course.arrivals), Shape.LINE, 3)
    panels = (
        Panel(title="Requests a second", series=(arrivals,)),
        Panel(
            title="Messages, ready or in work", series=(series("depth", "depth", Shape.LINE, 0),)
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
        title="A tide of requests through the ingress",
        description=f"{course.answered} requests, {course.failed} failed; up to "
        f"{max(course.known('running')):g} replicas of the weather service.",
        columns=(Column(panels=panels),),
        start=0.0,
        end=moments[-1] - start,
    )
    return draw(figure, LIGHT, width=720)
