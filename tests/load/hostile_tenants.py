"""Tenants that attack the operator, each with the rights of one namespace."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
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
    secret_of,
)
from tests.integration.operator.stage import Stage
from tests.load.hostile_brokers import (
    drip,
    endless_list,
    endless_text,
    hanging_queues,
    hostile_broker,
    huge_frame,
    silence,
)

Tenant = Callable[[Stage, Node], AbstractContextManager[None]]
_AMQP = {each.__name__.replace("_", "-"): each for each in (huge_frame, silence, drip)}
_HTTP = {each.__name__.replace("_", "-"): each for each in (endless_list, endless_text)}
BROKERS = (*_AMQP, *_HTTP)
_OBJECTS = 20
_QUEUES = 5_000
_FLOOD = 3_000
_BATCH = 250
_VIRTUAL_HOSTS = 32
_LARGE = 1_300_000
"""Characters. In JSON each `<` takes six bytes."""
_NEVER = "{} 0 */31 * 1#5"


def _in(stage: Stage, namespace: str) -> Stage:
    return Stage(stage.api_server, namespace, stage.folder, stage.api, stage.broker)


@contextmanager
def brokers(stage: Stage, node: Node) -> Iterator[None]:
    with ExitStack() as stack:
        for name, attack in {**_AMQP, **_HTTP}.items():
            port = stack.enter_context(hostile_broker(attack))
            tenant = _in(stage, name)
            documents = []
            for number in range(_OBJECTS):
                # Different users: equal Secrets would share a connection.
                login = f"user-{number}:x@127.0.0.1:{port}"
                uris = {"amqp-uri": f"amqp://{login}/"}
                if name in _HTTP:
                    uris = {"amqp-uri": node.amqp_uri, "management-uri": f"http://{login}"}
                documents.append(secret_of(f"broker-{number}", uris))
                documents.append(_autoscaler(f"worker-{number}", f"broker-{number}"))
            tenant.apply(*documents)
        yield


@contextmanager
def patterns(stage: Stage, node: Node) -> Iterator[None]:
    tenant = _in(stage, "patterns")
    node.management.call("PUT", "vhosts", "patterns")
    with node.connect("patterns") as connection:
        channel = connection.channel()
        for number in range(_QUEUES):
            channel.queue_declare(
                "a" * 200 + f"-{number}", durable=True, auto_delete=False, arguments={}
            )
    uri = node.amqp_uri.rpartition("/")[0] + "/patterns"
    tenant.secret({"amqp-uri": uri, "management-uri": node.management_uri}, "broker")
    slow = [{"pattern": "*a" * 60 + f"*b{number}"} for number in range(20)]
    for number in range(8):
        tenant.apply(_autoscaler(f"worker-{number}", "broker", queues=slow))
    yield


@contextmanager
def flood(stage: Stage, node: Node) -> Iterator[None]:
    tenant = _in(stage, "flood")
    tenant.secret(stage.broker.secret, "broker")
    for start in range(0, _FLOOD, _BATCH):
        numbers = range(start, start + _BATCH)
        tenant.apply(*(_autoscaler(f"worker-{number}", "broker") for number in numbers))
    yield


@contextmanager
def changes(stage: Stage, node: Node) -> Iterator[None]:
    tenant = _in(stage, "changes")
    tenant.secret(stage.broker.secret, "broker")
    tenant.apply(_autoscaler("worker", "broker"))
    custom = client.CustomObjectsApi(stage.api)

    def change(number: int) -> None:
        custom.patch_namespaced_custom_object(
            *(GROUP, VERSION, tenant.namespace, PLURAL, "worker"),
            {"spec": {"maxReplicas": 10 + number % 2}},
        )

    with _repeated(change, 0.1):
        yield


def _autoscaler(name: str, secret: str, **spec: Any) -> Mapping[str, Any]:
    return autoscaler_of(
        name, {"brokerRef": {"secretName": secret}, "queues": [{"name": "missing"}], **spec}
    )


@contextmanager
def quiet(stage: Stage, node: Node) -> Iterator[None]:
    """Objects about to become idle, whose broker answers everything except the quiet checks."""
    tenant = _in(stage, "quiet")
    with hostile_broker(hanging_queues) as port:
        tenant.secret({"management-uri": f"http://mare:x@127.0.0.1:{port}"}, "broker")
        names = [f"worker-{number}" for number in range(64)]
        idle = {"queues": [{"name": "empty"}], "idle": {"cooldownSeconds": 0}}
        tenant.apply(*(_paused(name, 1) for name in names))
        tenant.apply(*(_autoscaler(name, "broker", **idle) for name in names))
        yield


@contextmanager
def long(stage: Stage, node: Node) -> Iterator[None]:
    """Deployments of 1.3 MB, one of which changes every 5 s: more fill etcd instead."""
    tenant = _in(stage, "long")
    apps, names = client.AppsV1Api(stage.api), [f"long-{number}" for number in range(_OBJECTS)]
    for name in names:
        workload = _paused(name, 0)
        (container,) = workload["spec"]["template"]["spec"]["containers"]
        container["env"] = [{"name": "LONG", "value": "<" * _LARGE}]
        apps.create_namespaced_deployment(tenant.namespace, workload)

    def change(number: int) -> None:
        annotations = {"metadata": {"annotations": {"change": str(number)}}}
        apps.patch_namespaced_deployment(
            names[number % len(names)], tenant.namespace, annotations, _preload_content=False
        )

    with _repeated(change, 5):
        yield


@contextmanager
def schedules(stage: Stage, node: Node) -> Iterator[None]:
    """24 objects with 16 schedules that never occur, of which one changes ten times a second."""
    tenant = _in(stage, "schedules")
    tenant.secret(stage.broker.secret, "broker")
    names = [f"worker-{number}" for number in range(24)]
    tenant.apply(*(_autoscaler(name, "broker", schedules=_schedules(0)) for name in names))
    custom = client.CustomObjectsApi(stage.api)

    def change(number: int) -> None:
        custom.patch_namespaced_custom_object(
            *(GROUP, VERSION, tenant.namespace, PLURAL, names[number % len(names)]),
            {"spec": {"schedules": _schedules(number)}},
        )

    with _repeated(change, 0.1):
        yield


def _schedules(number: int) -> list[Mapping[str, Any]]:
    return [
        {
            "start": _NEVER.format((number + each) % 60),
            "end": _NEVER.format(each),
            "minReplicas": 1,
        }
        for each in range(16)
    ]


@contextmanager
def vhosts(stage: Stage, node: Node) -> Iterator[None]:
    """Eight objects with 32 virtual hosts each, of a broker that answers nothing."""
    tenant = _in(stage, "vhosts")
    with hostile_broker(silence) as port:
        tenant.secret({"amqp-uri": f"amqp://mare:x@127.0.0.1:{port}/"}, "broker")
        queues = [
            [{"name": "work", "vhost": f"v{number}-{n}"} for n in range(_VIRTUAL_HOSTS)]
            for number in range(8)
        ]
        tenant.apply(
            *(_autoscaler(f"worker-{n}", "broker", queues=some) for n, some in enumerate(queues))
        )
        yield


@contextmanager
def kinds(stage: Stage, node: Node) -> Iterator[None]:
    """Objects of API versions that do not exist."""
    tenant = _in(stage, "kinds")
    tenant.secret(stage.broker.secret, "broker")
    target = {"kind": "Fleet", "name": "worker"}
    tenant.apply(
        *(
            _autoscaler(
                f"worker-{number}",
                "broker",
                scaleTargetRef={"apiVersion": f"none-{number}.test/v1", **target},
            )
            for number in range(_BATCH)
        )
    )
    yield


@contextmanager
def secrets(stage: Stage, node: Node) -> Iterator[None]:
    """Objects whose Secrets do not exist."""
    tenant = _in(stage, "secrets")
    tenant.apply(*(_autoscaler(f"worker-{n}", f"missing-{n}") for n in range(_BATCH)))
    yield


@contextmanager
def statuses(stage: Stage, node: Node) -> Iterator[None]:
    """Objects whose statuses have estimates of 0 and huge ones, and impossible times."""
    tenant = _in(stage, "statuses")
    tenant.secret(stage.broker.secret, "broker")
    values = (0, 1e-320, 1e308)
    names = [f"worker-{number}" for number in range(len(values))]
    tenant.apply(*(_autoscaler(name, "broker") for name in names))
    custom = client.CustomObjectsApi(stage.api)

    def change(number: int) -> None:
        value = values[number % len(values)]
        estimates = {"capacityPerReplica": value, "arrivalRate": value, "workersPerReplica": value}
        surges = ["9999-99-99T99:99:99Z 1 1"]
        custom.patch_namespaced_custom_object_status(
            *(GROUP, VERSION, tenant.namespace, PLURAL, names[number % len(names)]),
            {"status": {"estimates": estimates, "forecast": {"surges": surges}}},
        )

    with _repeated(change, 0.5):
        yield


@contextmanager
def _repeated(change: Callable[[int], None], seconds: float) -> Iterator[None]:
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


def _paused(name: str, replicas: int) -> dict[str, Any]:
    """A workload without Pods."""
    workload = deployment(name, replicas)
    workload["spec"]["paused"] = True
    return workload


TENANTS: Mapping[str, tuple[Tenant, tuple[str, ...]]] = {
    "brokers": (brokers, BROKERS),
    **{
        each.__name__: (each, (each.__name__,))
        for each in (
            *(patterns, flood, changes, quiet, long, schedules),
            *(vhosts, kinds, secrets, statuses),
        )
    },
}
"""Each attack and its namespaces."""
