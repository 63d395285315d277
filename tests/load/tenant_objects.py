"""What the attacks of tenants are made of: a namespace, objects, and changes again and again."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException

from tests.broker_node import Node
from tests.integration.operator.manifests import (
    GROUP,
    PLURAL,
    VERSION,
    autoscaler_of,
    deployment,
)
from tests.integration.operator.stage import Stage

Tenant = Callable[[Stage, Node], AbstractContextManager[None]]


def in_namespace(stage: Stage, namespace: str) -> Stage:
    return Stage(stage.api_server, namespace, stage.folder, stage.api, stage.broker)


def apply_all(stage: Stage, documents: Iterable[Mapping[str, Any]]) -> None:
    """Create objects, four at a time: kubectl takes up to half a second for each."""
    create = {
        "QueueAutoscaler": partial(
            client.CustomObjectsApi(stage.api).create_namespaced_custom_object,
            *(GROUP, VERSION, stage.namespace, PLURAL),
        ),
        "Secret": partial(client.CoreV1Api(stage.api).create_namespaced_secret, stage.namespace),
        "Deployment": partial(
            client.AppsV1Api(stage.api).create_namespaced_deployment, stage.namespace
        ),
    }
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: create[each["kind"]](each), documents))


def missing_queue_object(name: str, secret: str, **spec: Any) -> Mapping[str, Any]:
    return autoscaler_of(
        name, {"brokerRef": {"secretName": secret}, "queues": [{"name": "missing"}], **spec}
    )


@contextmanager
def repeated(change: Callable[[int], None], seconds: float) -> Iterator[None]:
    """Make a change again and again, each with the next number."""
    ended = threading.Event()

    def repeat() -> None:
        number = 0
        while not ended.wait(seconds):
            number += 1
            with suppress(ApiException):  # a conflict with the operator
                change(number)

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(30)


def paused_workload(name: str, replicas: int) -> dict[str, Any]:
    """A workload without Pods."""
    workload = deployment(name, replicas)
    workload["spec"]["paused"] = True
    return workload
