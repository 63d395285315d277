"""The objects that the tests of the operator create."""

from collections.abc import Mapping
from typing import Any

GROUP, VERSION, PLURAL = "mare.dev", "v1alpha1", "queueautoscalers"
QUICK = {"target": {"type": "QueueLength", "messagesPerReplica": 20}}


def deployment(name: str, replicas: int) -> dict[str, Any]:
    labels = {"app": name}
    pod = {"containers": [{"name": "main", "image": "example.test/none"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def lingering_deployment(replicas: int) -> dict[str, Any]:
    """Return a Deployment whose Pods terminate until their finalizer is removed."""
    workload = deployment("worker", replicas)
    template = workload["spec"]["template"]
    template["metadata"]["finalizers"] = ["tests.mare.dev/kubelet"]
    template["spec"]["terminationGracePeriodSeconds"] = 1
    return workload


def autoscaler_of(name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    whole = {
        "scaleTargetRef": {"name": name},
        "brokerRef": {"secretName": "broker"},
        "maxReplicas": 50,
        "queues": [{"name": "work"}],
        **QUICK,
        **spec,
    }
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "QueueAutoscaler",
        "metadata": {"name": name},
        "spec": {key: value for key, value in whole.items() if value is not None},
    }


def secret_of(name: str, values: Mapping[str, str]) -> dict[str, Any]:
    """Return a Secret that objects may name."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": {"mare.dev/broker": "true"}},
        "stringData": dict(values),
    }
