"""A namespace of the cluster with a broker that both KEDA and Maré read."""

import json
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from devcluster.cluster import Cluster
from tests.charts.helm import CHARTS
from tests.e2e.application import Application, namespace, programs
from tests.e2e.release import pushed_images
from tests.load.keda import install_keda

NAMESPACE = "shop"
HTTP_LOGS = "/var/lib/rabbitmq/mnesia/http"
"""The folder of the broker whose files have a line for each request to its management API."""
_WORKER = dict.fromkeys(("configure", "write", "read"), "^(work-|seen|amq.default)")
_SMALL = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}
_RABBITMQ = {
    "image.version": "4.0.5",
    "extraConfig": f"management.http_log_dir = {HTTP_LOGS}",
    "persistence": {"enabled": False},
    "topology": {"nameko": False},
    "users": {"worker": {"permissions": _WORKER, "connection": ["amqp"]}},
    # KEDA has a connection for each object, and reads 1,000 queues a second if it is tuned: with
    # 512Mi the broker was killed.
    "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "2Gi"}},
}

WORKER_URI = {"name": "rabbitmq-worker", "key": "amqp-uri"}
"""The key of the workers' Secret."""


@contextmanager
def stage(cluster: Cluster, *, jobs: bool = False) -> Iterator[tuple[Application, str]]:
    """Yield a namespace with broker, operator and KEDA, and the image of the workers.

    `jobs` says whether the operator may create Jobs.
    """
    images = pushed_images(cluster)
    install_keda(cluster)
    with namespace(cluster, NAMESPACE) as name:
        _install(cluster, "rabbitmq", images["rabbitmq"], _RABBITMQ)
        operator = {"rbac": {"markPods": True, "jobs": jobs}, "resources": _SMALL}
        _install(cluster, "operator", images["operator"], operator)
        shop = Application(cluster, name)
        shop.apply(_secret(shop), _authentication("http"), _authentication("amqp"), programs())
        yield shop, images["services"]


def trigger(queue: str, mode: str, value: str, protocol: str = "http") -> dict[str, Any]:
    """Return a trigger of a ScaledObject in that namespace."""
    metadata = {"protocol": protocol, "queueName": queue, "mode": mode, "value": value}
    reference = {"name": f"broker-{protocol}"}
    return {"type": "rabbitmq", "metadata": metadata, "authenticationRef": reference}


def _install(cluster: Cluster, chart: str, image: str, values: dict[str, Any]) -> None:
    repository, _, tag = image.rpartition(":")
    image_values = {"registry": "", "repository": repository, "tag": tag}
    values = {"networkPolicy": {"enabled": False}, "image": image_values} | values
    cluster.helm(
        *("upgrade", "--install", chart, str(CHARTS / chart), "--namespace", NAMESPACE, "--wait"),
        *(f"--set-json={key}={json.dumps(value)}" for key, value in values.items()),
    )


def _authentication(protocol: str) -> dict[str, Any]:
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "TriggerAuthentication",
        "metadata": {"name": f"broker-{protocol}"},
        "spec": {"secretTargetRef": [{"parameter": "host", "name": "broker", "key": protocol}]},
    }


def _secret(shop: Application) -> dict[str, Any]:
    """Return the Secret that KEDA reads: one URI for AMQP, one for the management API."""
    data = shop.read("api/v1", "secrets/rabbitmq-operator")["data"]
    amqp, http = (b64decode(data[key]).decode() for key in ("amqp-uri", "management-uri"))
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "broker"},
        "stringData": {"amqp": amqp, "http": f"{http.rstrip('/')}/%2F"},
    }
