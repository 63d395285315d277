"""Workers that a kubelet cannot start are reported, and not followed by more of them."""

import copy
from collections.abc import Mapping

import pytest

from tests.e2e.application import Application, job, program
from tests.e2e.test_scaling import AUTOSCALER, event_reasons
from tests.vhost import eventually

_CAUSES = {"no-image": "ImagePullBackOff", "no-node": "Unschedulable", "crashing": "CrashLoop"}
_MOST_REPLICAS = 20
"""Of 100. The messages of the first seconds need 2 replicas, those of five minutes 60."""

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1200)]


@pytest.fixture
def workers(application: Application, images: Mapping[str, str]) -> Application:
    """Three Deployments whose Pods never become ready, and 2 messages a second for 7 minutes."""
    uri = {"name": "mare-rabbitmq-worker", "key": "amqp-uri"}
    image = images["services"]
    for name in _CAUSES:
        worker = program(image, name, ["-c", "raise SystemExit(1)"], AMQP_URI=uri)
        pod = worker["spec"]["template"]["spec"]
        if name == "no-image":
            pod["containers"][0]["image"] = image.rpartition("/")[0] + "/none:1"
        if name == "no-node":
            pod["nodeSelector"] = {"kubernetes.io/os": "none"}
        spec = copy.deepcopy(AUTOSCALER["spec"])
        spec |= {"minReplicas": 1, "maxReplicas": 100, "scaleTargetRef": {"name": name}}
        # By QueueWaitTime, replicas are not followed by more until one has consumed.
        spec["target"] = {"type": "QueueLength", "messagesPerReplica": 10}
        del spec["idle"]
        application.apply(worker, {**AUTOSCALER, "metadata": {"name": name}, "spec": spec})
    application.apply(job(image, "publisher", ["publisher.py", "840", "2"], AMQP_URI=uri))
    yield application
    application.kubectl("delete", "job/publisher", *(f"qa/{name}" for name in _CAUSES))
    application.kubectl("delete", *(f"deployment/{name}" for name in _CAUSES))


def test_workers_that_cannot_start_are_reported_and_not_followed_by_more(workers: Application):
    def message(name: str) -> str:
        conditions = workers.status(name).get("conditions", ())
        return next((e["message"] for e in conditions if e["type"] == "ReplicasReady"), "")

    for name, cause in _CAUSES.items():
        eventually(lambda name=name, cause=cause: f"({cause}" in message(name), seconds=480)
        assert message(name).startswith("No replica consumes: ")
        eventually(lambda name=name: "ReplicasNotReady" in event_reasons(workers, name))
    found = {name: (workers.replicas(name), message(name)) for name in _CAUSES}
    assert all(replicas <= _MOST_REPLICAS for replicas, _ in found.values()), found
