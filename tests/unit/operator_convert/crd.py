"""The QueueAutoscaler's own definition as a judge: its schema, and what its CEL rules mean."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

_CRD = Path(__file__).parents[3] / "charts/operator/crds/queueautoscalers.mare.dev.yaml"


def faults(manifest: dict[str, Any]) -> list[str]:
    """Why the API server would refuse the object, or drop a part of it; empty if it would not."""
    schema = _schema()
    found = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in Draft202012Validator(schema).iter_errors(manifest)
    ]
    return found or list(_broken_rules(_with_defaults(manifest, schema)["spec"]))


@cache
def _schema() -> dict[str, Any]:
    crd = yaml.safe_load(_CRD.read_text())
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    del schema["properties"]["metadata"]
    schema["properties"]["metadata"] = {"type": "object", "required": ["name"]}
    for part in _objects(schema):
        if part.get("properties") and not part.get("x-kubernetes-preserve-unknown-fields"):
            part["additionalProperties"] = False  # the API server drops what is not there
    schema["properties"]["metadata"].pop("additionalProperties", None)
    return schema


def _objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for child in schema.values():
            yield from _objects(child)
    elif isinstance(schema, list):
        for child in schema:
            yield from _objects(child)


def _with_defaults(value: Any, schema: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_with_defaults(item, schema["items"]) for item in value]
    if not isinstance(value, dict):
        return value
    filled = dict(value)
    for name, part in schema.get("properties", {}).items():
        if name not in filled and "default" in part:
            filled[name] = part["default"]
        if name in filled:
            filled[name] = _with_defaults(filled[name], part)
    return filled


_OWN_FIELDS = {
    "waitSeconds": {"QueueWaitTime"},
    "messagesPerReplica": {"QueueLength"},
    "excludeUnacknowledged": {"QueueLength"},
    "messagesPerSecondPerReplica": {"MessageRate"},
    "ratio": {"PublishedToDeliveredRatio"},
    "consumptionSeconds": {"ExpectedQueueConsumptionTime"},
    "capacityPerReplica": {"QueueWaitTime", "ExpectedQueueConsumptionTime"},
    "workersPerReplica": {"QueueWaitTime", "MaximumConcurrency"},
    "busyPercent": {"MaximumConcurrency"},
    "queues": {"QueueLength", "MaximumConcurrency"},
}
_NEEDED = {
    "QueueLength": "messagesPerReplica",
    "MessageRate": "messagesPerSecondPerReplica",
    "PublishedToDeliveredRatio": "ratio",
    "ExpectedQueueConsumptionTime": "consumptionSeconds",
}


_RULES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "minReplicas is larger than maxReplicas": lambda s: s["minReplicas"] > s["maxReplicas"],
    "no queue": lambda s: not s.get("queues") and "nameko" not in s,
    "target and targets": lambda s: {"target", "targets"} <= s.keys(),
    "idle.replicas is not lower than minReplicas": lambda s: (
        s["idle"].get("replicas", -1) >= s["minReplicas"]
    ),
    "fallback.replicas is larger than maxReplicas": lambda s: (
        s.get("fallback", {"replicas": 0})["replicas"] > s["maxReplicas"]
    ),
    "a schedule asks for more than maxReplicas": lambda s: any(
        schedule["minReplicas"] > s["maxReplicas"] for schedule in s.get("schedules", [])
    ),
    "pausedReplicas without paused: All": lambda s: (
        "pausedReplicas" in s and s.get("paused") != "All"
    ),
    "a queue with name and pattern, or with neither": lambda s: any(
        ("name" in queue) == ("pattern" in queue) for queue in s.get("queues", [])
    ),
}


def _broken_rules(spec: dict[str, Any]) -> Iterator[str]:
    yield from (message for message, broken in _RULES.items() if broken(spec))
    known = {queue.get("name", queue.get("pattern")) for queue in spec.get("queues", [])}
    for target in [*spec.get("targets", []), *([spec["target"]] if "target" in spec else [])]:
        yield from _broken_rules_of(target, known)


def _broken_rules_of(target: dict[str, Any], known: set[str]) -> Iterator[str]:
    kind, queues = target.get("type", "QueueWaitTime"), target.get("queues", [])
    if not known.issuperset(queues):
        yield "a target names a queue that is not among queues"
    if len(set(queues)) != len(queues):
        yield "a target names a queue twice"
    if kind in _NEEDED and _NEEDED[kind] not in target:
        yield f"{kind} without {_NEEDED[kind]}"
    for name in target.keys() & _OWN_FIELDS.keys():
        if kind not in _OWN_FIELDS[name]:
            yield f"{name} in {kind}"
