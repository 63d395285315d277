"""Installs the chart on the cluster by Helm."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
import yaml

from devcluster.choosing import cluster_for_tests
from devcluster.cluster import Cluster
from devcluster.images.engines import engine
from devcluster.images.push import build, push
from devcluster.images.recipe import IMAGES
from devcluster.programs import cache
from local.cache import locked
from mare.processes.command import CommandFailed
from tests.charts.helm import CHARTS, Helm
from tests.e2e.application import Application, namespace, program, programs
from tests.vhost import becomes

VALUES = Path(__file__).parent / "values.yaml"
NAMESPACE = "playlists"


def chart_with_dependencies(folder: Path) -> Path:
    """Return a copy of charts/playlists with its dependencies."""
    return Helm.vendored(CHARTS / "playlists", folder)


def pushed_images(cluster: Cluster) -> Mapping[str, str]:
    """Build all images and push them, with digests as tags; return the reference of each."""
    builder, pushed = engine(), {}
    with locked(cache() / "images.lock"):  # another worker has pushed them then
        for name in IMAGES:
            built = build(builder, name)
            tag = f"id-{builder.identity(built)[:12]}"  # Helm reads 90e315627814 as a number
            pushed[name] = f"{cluster.registry}/mare/{name}:{tag}"
            if not _is_pushed(cluster, name, tag):
                push(builder, built, pushed[name])
    return pushed


def _is_pushed(cluster: Cluster, name: str, tag: str) -> bool:
    tags = requests.get(f"http://{cluster.registry}/v2/mare/{name}/tags/list", timeout=30)
    return tags.ok and tag in tags.json()["tags"]


def image_values(images: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of the chart that name the images."""
    return {
        "gateway": {"image": _image(images["gateway"])},
        "serviceDefaults": {"image": _image(images["services"])},
        "operator": {"image": _image(images["operator"])},
        "rabbitmq": {"image": _image(images["rabbitmq"])},
        "valkey": {"image": _image(images["valkey"])},
        "postgresql": {"image": _image(images["postgresql"])},
    }


def install(
    application: Application, chart: Path, *values: Mapping[str, Any], version: int = 4
) -> None:
    """Install or upgrade by Helm, and wait until all Pods are ready."""
    with TemporaryDirectory() as folder:
        files = [VALUES]
        for number, each in enumerate(values):
            files.append(Path(folder, f"values-{number}.yaml"))
            files[-1].write_text(yaml.safe_dump(dict(each)))
        try:
            application.cluster.helm(
                *("upgrade", "--install", application.release, str(chart)),
                *("--namespace", application.namespace, "--wait", "--timeout=10m"),
                *("--set", f"gateway.ingress.hosts={{{application.host}}}"),
                *(argument for file in files for argument in ("--values", str(file))),
                version=version,
                seconds=620,
            )
        except CommandFailed as failure:
            raise CommandFailed(f"{failure}\n{_pods_and_warnings(application)}") from failure


def _pods_and_warnings(application: Application) -> str:
    pods = application.kubectl("get", "pods", "--output=wide")
    events = application.kubectl("get", "events", "--field-selector=type=Warning")
    return f"{pods}\n{events[-8000:]}"


@contextmanager
def installed(cluster: Cluster, images: Mapping[str, str], chart: Path) -> Iterator[Application]:
    """Yield the release `mare`. Its weather API is a Pod that responds after 0.3 s."""
    with namespace(cluster, NAMESPACE) as name:
        application = Application(cluster, name)
        forecast = program(images["services"], "forecast", ["open_meteo.py"])
        application.apply(programs(), forecast, FORECAST)
        install(application, chart, image_values(images))
        # The ingress learns that Pods are ready after Helm does; 404 is a response of mare-events.
        becomes(lambda: application.status_of("/openapi.json"), 200, seconds=180)
        becomes(lambda: application.status_of("/v1/streams/none"), 404, seconds=60)
        yield application


@contextmanager
def application_on_a_cluster() -> Iterator[Application]:
    """Yield the application on the running cluster, or on one that ends with the context."""
    with cluster_for_tests() as cluster, TemporaryDirectory() as folder:
        chart = chart_with_dependencies(Path(folder))
        with installed(cluster, pushed_images(cluster), chart) as application:
            yield application


FORECAST = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "forecast"},
    "spec": {"selector": {"app": "forecast"}, "ports": [{"port": 8080}]},
}


def _image(image: str) -> dict[str, str]:
    repository, _, tag = image.rpartition(":")
    return {"repository": repository, "tag": tag}
