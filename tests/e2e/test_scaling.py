"""The operator scales the services of the chart, and a worker that uses no code of Maré."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from tests.e2e.application import Application, job, program
from tests.load.closed_loop import Load
from tests.vhost import becomes, eventually

SCALE_UP_SECONDS, SCALE_DOWN_SECONDS = 180, 300

pytestmark = pytest.mark.timeout(1200)


def test_services_scale_up_under_load_and_down_after_it(application: Application):
    with Load(application.anywhere, clients=12).running() as load:
        eventually(lambda: application.replicas("mare-weather") >= 3, seconds=SCALE_UP_SECONDS)
        eventually(lambda: application.ready("mare-weather") >= 3, seconds=SCALE_UP_SECONDS)

    assert load.failed == []
    eventually(lambda: application.replicas("mare-weather") == 1, seconds=SCALE_DOWN_SECONDS)
    becomes(lambda: application.status_of("/v1/playlists", city="Olinda"), 200)


@pytest.fixture
def recorder(application: Application, images: Mapping[str, str]) -> Application:
    """A Deployment `recorder` with zero replicas, 400 messages, then a QueueAutoscaler."""
    uri = {"name": "mare-rabbitmq-worker", "key": "amqp-uri"}
    deployment = program(
        images["services"],
        "recorder",
        ["recorder.py"],
        AMQP_URI=uri,
        SECONDS_PER_MESSAGE="0.2",
    )
    deployment["spec"]["replicas"] = 0
    publish = job(images["services"], "publisher", ["publisher.py", "400", "500"], AMQP_URI=uri)
    application.apply(deployment, publish)
    # All messages first: a busy broker may confirm more slowly than the first workers finish.
    application.printed_by("publisher")
    application.apply(AUTOSCALER)
    yield application
    application.kubectl("delete", "qa/recorder", "deployment/recorder")


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


@pytest.mark.nightly
def test_a_plain_worker_scales_from_zero_and_back(recorder: Application):
    # Events stay; a test that is held up does not see each number of replicas.
    eventually(
        lambda: "ScaledToIdle" in event_reasons(recorder, "recorder"), seconds=SCALE_DOWN_SECONDS
    )
    eventually(lambda: any("→ 5 replicas" in each["note"] for each in events(recorder, "recorder")))
    eventually(lambda: recorder.replicas("recorder") == 0)


def event_reasons(application: Application, name: str) -> set[str]:
    """Return the reasons of the Events of a QueueAutoscaler."""
    return {each["reason"] for each in events(application, name)}


def events(application: Application, name: str) -> list[dict[str, Any]]:
    """Return the Events of a QueueAutoscaler."""
    found = application.read("apis/events.k8s.io/v1", "events")["items"]
    return [each for each in found if each["regarding"]["name"] == name]


@pytest.fixture
def stubborn(application: Application, images: Mapping[str, str]) -> Application:
    """Four busy replicas of `stubborn`, which has no handler of SIGTERM."""
    uri = {"name": "mare-rabbitmq-worker", "key": "amqp-uri"}
    script = "import recorder; recorder.work(recorder.connection())"
    environment = {"AMQP_URI": uri, "SECONDS_PER_MESSAGE": "600"}
    deployment = program(images["services"], "stubborn", ["-c", script], **environment)
    deployment["spec"]["replicas"] = 4
    publish = job(images["services"], "publisher", ["publisher.py", "4", "500"], AMQP_URI=uri)
    application.apply(deployment, publish)
    application.roll_out("stubborn")
    application.printed_by("publisher")
    yield application
    application.kubectl("delete", "qa/stubborn", "deployment/stubborn")


@pytest.mark.nightly
def test_a_busy_replica_that_is_killed_is_reported(stubborn: Application):
    spec = copy.deepcopy(AUTOSCALER["spec"])
    spec |= {"scaleTargetRef": {"name": "stubborn"}, "maxReplicas": 1}
    # IdleFirst would wait for five minutes: no message has told how long one takes.
    spec["victims"] = {"policy": "Default"}
    stubborn.apply({**AUTOSCALER, "metadata": {"name": "stubborn"}, "spec": spec})

    eventually(lambda: "ReplicasKilled" in event_reasons(stubborn, "stubborn"), seconds=180)
