"""Replicas that a kubelet kills after a scale-down; the test is the kubelet."""

from collections.abc import Callable

from kubernetes import client

from tests.integration.operator.manifests import lingering_deployment
from tests.integration.operator.stage import Stage
from tests.vhost import eventually


def test_replicas_whose_end_is_reported_a_moment_before_they_are_deleted(
    stage: Stage, burst: Callable[..., None]
):
    core = client.CoreV1Api(stage.api)

    def terminating() -> list[str]:
        pods = core.list_namespaced_pod(stage.namespace).items
        return [pod.metadata.name for pod in pods if pod.metadata.deletion_timestamp]

    burst(1)
    stage.apply(lingering_deployment(3))
    eventually(lambda: len(core.list_namespaced_pod(stage.namespace).items) == 3)
    stage.autoscaler(maxReplicas=1)
    eventually(lambda: len(terminating()) == 2)
    eventually(
        lambda: ("list", "pods") in [(each.verb, each.resource) for each in stage.requests()]
    )

    for name in terminating():
        end = {"terminated": {"exitCode": 137, "reason": "Error"}}
        container = {"name": "main", "image": "none", "imageID": "none", "ready": False}
        status = {"containerStatuses": [{**container, "restartCount": 0, "state": end}]}
        core.patch_namespaced_pod_status(name, stage.namespace, {"status": status})
        core.patch_namespaced_pod(name, stage.namespace, {"metadata": {"finalizers": None}})

    eventually(lambda: ("Warning", "ReplicasKilled") in stage.events())
