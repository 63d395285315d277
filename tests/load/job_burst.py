"""Jobs through the ingress of the cluster: nothing is lost, and the operator scales the services.

    python -m tests.load.job_burst [--jobs 2000] [--rate 100]

Uses the cluster of `make cluster`, or starts one. Each job has a callback to a receiver in the
cluster, which verifies the signature. The burst is drawn to .cache/jobs.svg. Ends with 1 if an
accepted job or a callback is missing, or a job has two results.
"""

import argparse
import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from devcluster import say
from devcluster.choosing import cluster_for_tests
from mare.drawing.drawing import draw
from mare.drawing.figure import LIGHT, Column, Figure, Panel, Series, Shape
from mare.processes.command import CommandFailed
from tests.e2e.application import Application
from tests.e2e.release import (
    chart_with_dependencies,
    image_values,
    install,
    installed,
    pushed_images,
)
from tests.load import callback_receiver
from tests.load.job_clients import Submissions
from tests.vhost import eventually

CHART_FILE = Path(".cache/jobs.svg")
SERVICES = ("weather", "playlists", "webhooks")
_NO_LIMIT = {"services": {"jobs": {"env": {"JOBS_MAX_OPEN": "10000"}}}}
"""All submissions come from one address."""
_DASHBOARD_PORT = 8081
SUBMIT_SECONDS, SETTLE_SECONDS, FALL_SECONDS = 400.0, 400.0, 180.0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--jobs", type=int, default=2000)
    options.add_argument("--rate", type=float, default=100.0, help="submissions per second")
    arguments = options.parse_args()
    with cluster_for_tests() as cluster, TemporaryDirectory() as folder:
        chart, images = chart_with_dependencies(Path(folder)), pushed_images(cluster)
        with installed(cluster, images, chart) as application:
            callback_receiver.deploy(application, images["services"])
            values = (image_values(images), callback_receiver.VALUES, _NO_LIMIT)
            install(application, chart, *values)
            began = time.time()
            report = run(application, arguments.jobs, arguments.rate)
            CHART_FILE.parent.mkdir(exist_ok=True)
            CHART_FILE.write_text(draw_chart(application, began, arguments.jobs))
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    failures = ("lost", "callbacks missing", "with two results", "invalid signatures")
    sys.exit(1 if any(report[each] for each in failures) else 0)


def run(application: Application, jobs: int, rate: float) -> dict[str, object]:
    """Submit jobs and wait for their ends, their callbacks and the fall of the replicas."""
    url = application.cluster.ingress
    submissions = Submissions(url, url, callback_receiver.URLS, rate, host=application.host)
    most = MostReplicas(application)
    most.start()
    began = time.monotonic()
    asyncio.run(submissions.submit(jobs, SUBMIT_SECONDS, lambda: None))
    submitted = time.monotonic() - began
    accepted = set(submissions.accepted)
    say(f"{len(accepted)} accepted after {submitted:.0f} s")
    lost = unfinished(application, accepted)
    ended = time.monotonic() - began
    wait(
        lambda: not accepted - callback_receiver.callbacks(application, accepted).jobs,
        SETTLE_SECONDS,
    )
    called = time.monotonic() - began
    callbacks = callback_receiver.callbacks(application, accepted)
    fell = wait(lambda: all(application.replicas(f"mare-{s}") == 1 for s in SERVICES), FALL_SECONDS)
    return {
        "jobs submitted": submissions.submitted,
        "accepted": len(accepted),
        "seconds of submission": round(submitted),
        "submissions repeated": submissions.repeated,
        "lost": len(lost),
        "with two results": callbacks.with_two_results,
        "callbacks missing": len(accepted - callbacks.jobs),
        "callbacks doubled": callbacks.doubled,
        "invalid signatures": callbacks.invalid,
        "seconds until the last end": round(ended),
        "seconds until the last callback": round(called),
        "most replicas": dict(most.replicas),
        "back at one replica": fell,
        "streams followed": submissions.followed,
        "streams that saw the end": submissions.saw_end,
        "reconnections of streams": submissions.reconnections,
    }


class MostReplicas(threading.Thread):
    """Records the most replicas that each service had."""

    def __init__(self, application: Application) -> None:
        super().__init__(daemon=True)
        self._application = application
        self.replicas = dict.fromkeys(SERVICES, 0)

    def run(self) -> None:
        while True:
            for service, most in self.replicas.items():
                with suppress(Exception):  # the API server is busy
                    now = self._application.replicas(f"mare-{service}")
                    self.replicas[service] = max(most, now)
            time.sleep(1)


def unfinished(application: Application, jobs: Iterable[str]) -> set[str]:
    """Wait until all jobs are complete; return those that are not."""
    still = set(jobs)

    def is_complete(job: str) -> bool:
        with suppress(requests.RequestException, ValueError):
            return application.get(f"/v1/jobs/{job}").json().get("state") == "complete"
        return False

    with ThreadPoolExecutor(4) as pool:

        def all_complete() -> bool:
            checked = sorted(still)[:200]
            states = pool.map(is_complete, checked)
            still.difference_update(j for j, done in zip(checked, states, strict=True) if done)
            return not still

        wait(all_complete, SETTLE_SECONDS)
    return still


def wait(holds: Callable[[], bool], seconds: float) -> bool:
    """Wait for a condition; return whether it came in time."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        with suppress(CommandFailed):
            if holds():
                return True
        time.sleep(1)
    return False


def draw_chart(application: Application, started: float, jobs: int) -> str:
    """Return depth, wait and replicas of the services over one time axis, as SVG."""
    history = {each: samples(application, f"mare-{each}", started) for each in SERVICES}
    end = max(at for each in history.values() for at in each["at"] if at is not None) - started
    figure = Figure(
        title=f"A burst of {jobs:,} jobs through the ingress",
        description="Depth of the queues, wait and replicas of weather, playlists and webhooks.",
        columns=tuple(_column(name, each, started) for name, each in history.items()),
        start=0.0,
        end=end,
    )
    return draw(figure, LIGHT, width=960)


def _column(service: str, history: Mapping[str, Sequence[float | None]], started: float) -> Column:
    def series(label: str, name: str, shape: Shape, colour: int) -> Series:
        points = zip(history["at"], history[name], strict=True)
        return Series(label, [(at - started, y) for at, y in points if at], shape, colour)

    return Column(
        title=service,
        panels=(
            Panel(title="Queue depth", series=(series("depth", "depth", Shape.LINE, 0),)),
            Panel(title="Wait, s", series=(series("wait", "wait", Shape.LINE, 1),)),
            Panel(
                title="Replicas",
                series=(
                    series("running", "running", Shape.AREA, 2),
                    series("desired", "desired", Shape.STEPS, 2),
                ),
            ),
        ),
    )


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


if __name__ == "__main__":
    main()
