"""Two minutes of load on the application in a cluster, what came of it, and a picture of it."""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mare.drawing.drawing import draw
from mare.drawing.figure import Column, Figure, Level, Panel, Point, Series, Shape
from mare.drawing.theme import LIGHT
from tests.cluster.kubectl import CommandFailed
from tests.e2e.application import Application

SERVICE = "mare-weather"
FALL_SECONDS = 60.0
_DASHBOARD_PORT = 8081


@dataclass(frozen=True, slots=True)
class Course:
    """One run: what the operator saw and did each second, and what people got."""

    samples: Mapping[str, Sequence[float | None]]
    """By name: at, depth, wait, running, asked, wanted; None where it was not known."""
    arrivals: Sequence[Point]
    """Requests a second."""
    answered: int
    failed: int

    def points(self, name: str) -> list[Point]:
        return [
            (at, value)
            for at, value in zip(self.samples["at"], self.samples[name], strict=True)
            if at is not None
        ]

    def known(self, name: str) -> list[float]:
        return [value for value in self.samples[name] if value is not None]


def run(application: Application, folder: Path) -> Course:
    """Let the tide come in and go out again; `folder` gets locust's own reports."""
    started = time.time()
    subprocess.run(
        [
            *(sys.executable, "-m", "locust", "--headless", "--only-summary"),
            *("--locustfile", str(Path(__file__).with_name("locustfile.py"))),
            *("--host", application.cluster.ingress, "--csv", str(folder / "tide")),
            *("--exit-code-on-error", "0"),
        ],
        check=True,
        timeout=180,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
        capture_output=True,
    )
    end = time.monotonic() + FALL_SECONDS
    while application.replicas(SERVICE) > 1 and time.monotonic() < end:
        time.sleep(1)
    return Course(_seen(application, started), *_told(folder))


def _seen(application: Application, since: float) -> Mapping[str, Sequence[float | None]]:
    """What the acting operator has in its history."""
    path = f"api/objects/{application.namespace}/{SERVICE}/chart?range=10m"
    samples = json.loads(_dashboard(application, path))["samples"]
    chosen = [number for number, at in enumerate(samples["at"]) if at >= since]
    return {name: [values[n] for n in chosen] for name, values in samples.items()}


def _dashboard(application: Application, path: str) -> str:
    """The answer of the replica that acts; the other one refuses."""
    for pod in application.pods("operator"):
        proxy = f"/api/v1/namespaces/{application.namespace}/pods/{pod}:{_DASHBOARD_PORT}/proxy"
        with suppress(CommandFailed):
            return application.kubectl("get", "--raw", f"{proxy}/{path}")
    raise LookupError("no operator shows its history")


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
                series("wanted", "wanted", Shape.STEPS, 2),
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
