"""Replicas whose image does not exist; the test is the kubelet."""

from collections.abc import Callable

import pytest
from kubernetes import client

from tests.integration.operator.stage import Stage
from tests.vhost import eventually

pytestmark = [pytest.mark.broker]
_PULLING = {
    "name": "main",
    "image": "example.test/none",
    "imageID": "",
    "ready": False,
    "restartCount": 0,
    "state": {"waiting": {"reason": "ImagePullBackOff"}},
}


@pytest.mark.nightly
@pytest.mark.timeout(480)
def test_replicas_that_do_not_start_are_reported_and_not_followed_by_more(
    own_stage: Stage, burst: Callable[..., None]
):
    core = client.CoreV1Api(own_stage.api)
    own_stage.workload(replicas=12)

    def pods() -> list[str]:
        return [e.metadata.name for e in core.list_namespaced_pod(own_stage.namespace).items]

    eventually(lambda: len(pods()) == 12)
    for name in pods():
        status = {"status": {"containerStatuses": [_PULLING]}}
        core.patch_namespaced_pod_status(name, own_stage.namespace, status)
    burst(200)
    own_stage.autoscaler(minReplicas=12, target={"type": "QueueWaitTime", "waitSeconds": 2})
    own_stage.operator()

    condition = ("False", "ReplicasNotReady")
    eventually(lambda: own_stage.condition("ReplicasReady") == condition, 360)
    by_type = {each["type"]: each for each in own_stage.status()["conditions"]}
    assert by_type["ReplicasReady"]["message"] == (
        "No replica consumes: 12 of 12 are not ready for 5 min (ImagePullBackOff)"
    )
    assert by_type["Ready"]["reason"] == "ReplicasNotReady"
    eventually(lambda: ("Warning", "ReplicasNotReady") in own_stage.events())
    assert own_stage.metric("mare_unready_replicas") == 12
    assert own_stage.counts() == []
    reads = [
        each for each in own_stage.requests() if (each.verb, each.resource) == ("list", "pods")
    ]
    assert 1 <= len(reads) <= 2
