"""Specs of QueueAutoscalers, made from the smallest good one."""

from typing import Any

Spec = dict[str, Any]

SMALLEST: Spec = {
    "scaleTargetRef": {"name": "worker"},
    "brokerRef": {"secretName": "broker"},
    "maxReplicas": 10,
    "queues": [{"name": "work"}],
}
MORNING = {"start": "0 8 * * 1-5", "end": "0 12 * * 1-5", "minReplicas": 2}
POLICY = {"type": "Pods", "value": 4, "periodSeconds": 15}


def spec(**fields: Any) -> Spec:
    """Return the smallest good spec with ``fields`` on top; None removes one."""
    return {key: value for key, value in {**SMALLEST, **fields}.items() if value is not None}


def creating(**fields: Any) -> Spec:
    """Return a good spec with a jobTemplate and ``fields`` on top."""
    pod = {"containers": [{"name": "work", "image": "work"}], "restartPolicy": "Never"}
    return spec(scaleTargetRef=None, jobTemplate={"spec": {"template": {"spec": pod}}}, **fields)


def aimed(kind: str, **fields: Any) -> Spec:
    """Return a spec with a target of that type."""
    return spec(target={"type": kind, **fields})


def behaving(direction: str, **rules: Any) -> Spec:
    """Return a spec whose behavior has ``rules`` for scaleUp or scaleDown."""
    return spec(behavior={direction: rules})


def limited(direction: str, **fields: Any) -> Spec:
    """Return a spec whose behavior has one policy with ``fields`` on top of a good one."""
    return behaving(direction, policies=[{**POLICY, **fields}])
