"""The release under chaos: three members of RabbitMQ, Celery workers, a receiver of callbacks."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_bytes
from tempfile import TemporaryDirectory
from typing import Any

from devcluster.cluster import Cluster
from tests.e2e.application import Application, namespace, program, programs
from tests.e2e.release import (
    FORECAST,
    chart_with_dependencies,
    image_values,
    install,
    pushed_images,
)
from tests.load import callback_receiver
from tests.load.chaos import broker, celery_archive, clock
from tests.load.chaos.disk import SmallDisk
from tests.vhost import becomes

_NAMESPACE = "chaos"
_ALL = dict.fromkeys(("configure", "write", "read"), ".*")
_WEBHOOKS = "mare-webhooks"
_VALUES: dict[str, Any] = {
    "webhooks": {"existingSecret": _WEBHOOKS},
    # All submissions come from one address.
    "services": {
        "jobs": {"env": {"JOBS_MAX_OPEN": "10000"}},
        "webhooks": {"env": {"WEBHOOKS_RETRY_SECONDS": f"1,2,5,10{20 * ',20'}"}},
    },
    "rabbitmq": {
        "replicas": 3,
        "users": {"chaos": {"permissions": _ALL, "connection": ["amqp"]}},
    },
}
"""The Secret is there before the release: the receiver has it too, and webhooks its certificate."""


@contextmanager
def stage(cluster: Cluster) -> Iterator[tuple[Application, SmallDisk]]:
    images = pushed_images(cluster)
    with namespace(cluster, _NAMESPACE) as name, TemporaryDirectory() as folder:
        application = Application(cluster, name)
        chart = chart_with_dependencies(Path(folder))
        forecast = program(images["services"], "forecast", ["open_meteo.py"])
        application.apply(programs(), forecast, FORECAST)
        application.apply(_secret())
        callback_receiver.deploy(application, images["services"])
        install(application, chart, image_values(images), callback_receiver.VALUES, _VALUES)
        disk = SmallDisk(application)
        disk.mount()
        clock.install(application)
        broker.run_program(application, "declare", "declare", seconds=120)
        celery_archive.deploy(application, images["services"], broker.URI)
        becomes(lambda: application.status_of("/v1/playlists", city="Recife"), 200, seconds=180)
        yield application, disk


def _secret() -> dict[str, Any]:
    key = f"whsec_{b64encode(token_bytes(32)).decode()}"
    metadata = {"name": _WEBHOOKS}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "stringData": {"secrets": key},
    }
