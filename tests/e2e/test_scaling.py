"""Replicas rise with the queue and fall with it: ours, and a worker that knows nothing of us."""

import json
from collections.abc import Mapping

import pytest

from tests.e2e.application import Application, job, program
from tests.load.asking import Load
from tests.vhost import becomes, eventually

RISE, FALL = 180, 300

pytestmark = pytest.mark.timeout(1200)


def test_load_raises_the_services_and_they_fall_again(application: Application):
    with Load(application.anywhere, clients=24).running() as load:
        eventually(lambda: application.replicas("mare-weather") >= 3, seconds=RISE)
        eventually(lambda: application.ready("mare-weather") >= 3, seconds=RISE)

    assert load.failed == []
    eventually(lambda: application.replicas("mare-weather") == 1, seconds=FALL)
    becomes(lambda: application.status_of("/v1/playlists", city="Olinda"), 200)


@pytest.fixture
def recorder(application: Application, images: Mapping[str, str]) -> Application:
    """A Deployment `recorder` at zero, its work, and then a QueueAutoscaler for it."""
    uri = {"name": "mare-rabbitmq-worker", "key": "amqp-uri"}
    deployment = program(
        images["services"],
        "recorder",
        ["recorder.py"],
        AMQP_URI=uri,
        SECONDS_PER_MESSAGE="0.2",
    )
    deployment[1]["spec"]["replicas"] = 0
    publish = job(images["services"], "publisher", ["publisher.py", "400", "500"], AMQP_URI=uri)
    application.apply(*deployment, publish)
    # All of it: a busy broker may confirm more slowly than the first workers are done.
    application.kubectl(
        *("wait", "--for=condition=complete", "job/publisher", "--timeout=300s"), seconds=310
    )
    application.apply(AUTOSCALER)
    yield application
    application.kubectl("delete", "qa/recorder", "deployment/recorder", "job/publisher")


AUTOSCALER = {
    "apiVersion": "mare.dev/v1alpha1",
    "kind": "QueueAutoscaler",
    "metadata": {"name": "recorder"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "recorder"},
        "brokerRef": {"secretName": "mare-rabbitmq-operator"},
        "minReplicas": 0,
        "maxReplicas": 5,
        "queues": [{"name": "work"}],
        "target": {"type": "QueueLength", "messagesPerReplica": 50},
        "behavior": {
            "scaleDown": {
                "stabilizationWindowSeconds": 5,
                "policies": [{"type": "Percent", "value": 100, "periodSeconds": 5}],
            }
        },
        "idle": {"cooldownSeconds": 5},
    },
}


def test_a_worker_that_is_not_ours_scales_from_zero_and_back(recorder: Application):
    counts: list[int] = []

    def back_at_zero() -> bool:
        counts.append(recorder.replicas("recorder"))
        return counts[-1] == 0 and max(counts) > 0

    eventually(back_at_zero, seconds=FALL)

    assert max(counts) == 5
    # The Event is told after the replicas are set.
    eventually(lambda: "ScaledToIdle" in reasons_told(recorder))


def reasons_told(recorder: Application) -> set[str]:
    events = json.loads(recorder.kubectl("get", "events.events.k8s.io", "--output=json"))["items"]
    return {each["reason"] for each in events if each["regarding"]["name"] == "recorder"}
