"""Broker and operator in one namespace of a cluster, without the services of Maré."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from devcluster.choosing import cluster_for_tests
from devcluster.cluster import Cluster
from tests.charts.helm import CHARTS
from tests.e2e.application import Application, namespace
from tests.e2e.release import pushed_images

WORKER_URI = {"name": "rabbitmq-worker", "key": "amqp-uri"}
_USERS = {"permissions": {"configure": ".*", "write": ".*", "read": ".*"}, "connection": ["amqp"]}


@contextmanager
def broker_and_operator(name: str) -> Iterator[tuple[Application, Mapping[str, str]]]:
    """Yield the namespace `name` and the images, on the running cluster or on a new one."""
    with cluster_for_tests() as cluster:
        images = pushed_images(cluster)
        with namespace(cluster, name):
            _install(cluster, name, images)
            yield Application(cluster, name, "rabbitmq"), images


def _install(cluster: Cluster, name: str, images: Mapping[str, str]) -> None:
    for chart, values in (
        ("rabbitmq", {"users.worker": _USERS, "networkPolicy.enabled": False}),
        ("operator", {"replicas": 1, "networkPolicy.enabled": False, "namespaces": [name]}),
    ):
        repository, _, tag = images[chart].rpartition(":")
        image = {"image.registry": "", "image.repository": repository, "image.tag": tag}
        resources = {"resources": {"requests": {"cpu": "10m", "memory": "64Mi"}}}
        cluster.helm(
            *("upgrade", "--install", chart, str(CHARTS / chart), "--namespace", name),
            *("--wait", "--timeout=5m"),
            *(f"--set-json={k}={json.dumps(v)}" for k, v in (values | image | resources).items()),
            seconds=310,
        )


def autoscaler(workload: str, queue: str, **spec: Any) -> dict[str, Any]:
    """Return a QueueAutoscaler of a Deployment, with further fields of its spec."""
    return {
        "apiVersion": "mare.dev/v1alpha1",
        "kind": "QueueAutoscaler",
        "metadata": {"name": workload},
        "spec": {
            "scaleTargetRef": {"name": workload},
            "brokerRef": {"secretName": "rabbitmq-operator"},
            "queues": [{"name": queue}],
            **spec,
        },
    }


def events(application: Application) -> list[str]:
    """Return reason and note of each Event of a QueueAutoscaler."""
    items = json.loads(application.kubectl("get", "events.events.k8s.io", "--output=json"))
    return [
        f"{each['reason']}: {each['note']}"
        for each in items["items"]
        if each["regarding"]["kind"] == "QueueAutoscaler"
    ]
