"""Tenants that attack the operator by objects, statuses and workloads of one namespace."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kubernetes import client

from tests.broker_node import Node
from tests.integration.operator.manifests import GROUP, PLURAL, VERSION
from tests.integration.operator.stage import Stage
from tests.load.tenant_objects import (
    Tenant,
    apply_all,
    in_namespace,
    missing_queue_object,
    paused_workload,
    repeated,
)
from tests.vhost import eventually

_OBJECTS = 20
_FLOOD = 2_200
_BATCH = 250
_LARGE = 1_300_000
"""Characters. In JSON each `<` takes six bytes."""
_KINDS = 2_000
_PATIENCE_SECONDS = 600.0
_RARELY = "{} 4 */30 * 4#5"


@contextmanager
def flood(stage: Stage, node: Node) -> Iterator[None]:
    tenant = in_namespace(stage, "flood")
    tenant.secret(stage.broker.secret, "broker")
    apply_all(tenant, (missing_queue_object(f"worker-{n}", "broker") for n in range(_FLOOD)))
    yield


@contextmanager
def changes(stage: Stage, node: Node) -> Iterator[None]:
    tenant = in_namespace(stage, "changes")
    tenant.secret(stage.broker.secret, "broker")
    tenant.apply(missing_queue_object("worker", "broker"))
    custom = client.CustomObjectsApi(stage.api)

    def change(number: int) -> None:
        custom.patch_namespaced_custom_object(
            *(GROUP, VERSION, tenant.namespace, PLURAL, "worker"),
            {"spec": {"maxReplicas": 10 + number % 2}},
        )

    with repeated(change, 0.1):
        yield


@contextmanager
def long(stage: Stage, node: Node) -> Iterator[None]:
    """Deployments of 1.3 MB, one of which changes every 5 s: more fill etcd instead."""
    tenant = in_namespace(stage, "long")
    apps, names = client.AppsV1Api(stage.api), [f"long-{number}" for number in range(_OBJECTS)]
    for name in names:
        workload = paused_workload(name, 0)
        (container,) = workload["spec"]["template"]["spec"]["containers"]
        container["env"] = [{"name": "LONG", "value": "<" * _LARGE}]
        apps.create_namespaced_deployment(tenant.namespace, workload)

    def change(number: int) -> None:
        annotations = {"metadata": {"annotations": {"change": str(number)}}}
        apps.patch_namespaced_deployment(
            names[number % len(names)], tenant.namespace, annotations, _preload_content=False
        )

    with repeated(change, 5):
        yield


@contextmanager
def schedules(stage: Stage, node: Node) -> Iterator[None]:
    """24 objects with 16 schedules that rarely occur, of which one changes ten times a second."""
    tenant = in_namespace(stage, "schedules")
    tenant.secret(stage.broker.secret, "broker")
    names = [f"worker-{number}" for number in range(24)]
    apply_all(
        tenant,
        (
            missing_queue_object(name, "broker", maxReplicas=10_000, schedules=_schedules(0))
            for name in names
        ),
    )
    custom = client.CustomObjectsApi(stage.api)

    def change(number: int) -> None:
        custom.patch_namespaced_custom_object(
            *(GROUP, VERSION, tenant.namespace, PLURAL, names[number % len(names)]),
            {"spec": {"schedules": _schedules(number)}},
        )

    with repeated(change, 0.1):
        yield


def _schedules(number: int) -> list[Mapping[str, Any]]:
    return [
        {
            "start": _RARELY.format((number + each) % 60),
            "end": _RARELY.format(each),
            # Another number each time: what was found for 4,096 schedules is remembered.
            "minReplicas": 1 + number % 9_999,
        }
        for each in range(16)
    ]


@contextmanager
def kinds(stage: Stage, node: Node) -> Iterator[None]:
    """Objects of API versions that do not exist."""
    tenant = in_namespace(stage, "kinds")
    tenant.secret(stage.broker.secret, "broker")
    target = {"kind": "Fleet", "name": "worker"}
    apply_all(
        tenant,
        (
            missing_queue_object(
                f"worker-{number}",
                "broker",
                scaleTargetRef={"apiVersion": f"none-{number}.test/v1", **target},
            )
            for number in range(_KINDS)
        ),
    )
    yield


@contextmanager
def secrets(stage: Stage, node: Node) -> Iterator[None]:
    """Objects whose Secrets do not exist."""
    tenant = in_namespace(stage, "secrets")
    apply_all(tenant, (missing_queue_object(f"worker-{n}", f"missing-{n}") for n in range(_BATCH)))
    yield


@contextmanager
def statuses(stage: Stage, node: Node) -> Iterator[None]:
    """Objects whose statuses have estimates of 0 and huge ones, and impossible times."""
    tenant = in_namespace(stage, "statuses")
    tenant.secret(stage.broker.secret, "broker")
    values = (0, 1e-320, 1e308)
    names = [f"worker-{number}" for number in range(len(values))]
    apply_all(tenant, (missing_queue_object(name, "broker") for name in names))
    custom = client.CustomObjectsApi(stage.api)

    def change(number: int) -> None:
        value = values[number % len(values)]
        estimates = {"capacityPerReplica": value, "arrivalRate": value, "workersPerReplica": value}
        surges = ["9999-99-99T99:99:99Z 1 1"]
        custom.patch_namespaced_custom_object_status(
            *(GROUP, VERSION, tenant.namespace, PLURAL, names[number % len(names)]),
            {"status": {"estimates": estimates, "forecast": {"surges": surges}}},
        )

    with repeated(change, 0.5):
        yield


@contextmanager
def controllers(stage: Stage, node: Node) -> Iterator[None]:
    """Objects for workloads of another kind than apps/v1, which do not exist."""
    tenant = in_namespace(stage, "controllers")
    tenant.secret(stage.broker.secret, "broker")
    kind = {"apiVersion": "v1", "kind": "ReplicationController"}
    targets = [{**kind, "name": f"worker-{number}"} for number in range(300)]
    apply_all(
        tenant,
        (missing_queue_object(each["name"], "broker", scaleTargetRef=each) for each in targets),
    )
    yield


@contextmanager
def killed(stage: Stage, node: Node) -> Iterator[None]:
    """Workloads that are scaled down, each with a grace period of 30 years.

    The check for killed replicas waits for the grace period, whether there are Pods or not.
    """
    tenant = in_namespace(stage, "killed")
    tenant.secret(stage.broker.secret, "broker")
    names = [f"worker-{number}" for number in range(300)]
    workloads = [paused_workload(name, 2) for name in names]
    for workload in workloads:
        workload["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 10**9
    apply_all(tenant, workloads)
    apply_all(
        tenant,
        (missing_queue_object(name, "broker", minReplicas=1, maxReplicas=1) for name in names),
    )
    apps = client.AppsV1Api(stage.api)

    def scaled_down() -> int:
        workloads = apps.list_namespaced_deployment(tenant.namespace).items
        return sum(each.spec.replicas == 1 for each in workloads)

    eventually(lambda: scaled_down() >= _BATCH, _PATIENCE_SECONDS)
    yield


@contextmanager
def unready(stage: Stage, node: Node) -> Iterator[None]:
    """Workloads without Pods, so that the operator reads why none is ready."""
    tenant = in_namespace(stage, "unready")
    tenant.secret(stage.broker.secret, "broker")
    names = [f"worker-{number}" for number in range(_BATCH)]
    apply_all(tenant, (paused_workload(name, 3) for name in names))
    apply_all(tenant, (missing_queue_object(name, "broker", minReplicas=3) for name in names))
    yield


MANY: tuple[Tenant, ...] = (killed, unready, secrets, controllers, kinds, flood)
"""Those that create objects, and change nothing afterwards. The last two exceed what all may
have together."""
CHANGING: tuple[Tenant, ...] = (changes, long, schedules, statuses)
