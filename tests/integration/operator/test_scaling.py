"""From messages in a queue to the replicas of a Deployment."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.integration.operator.promptness import promptly
from tests.integration.operator.stage import Stage
from tests.vhost import Vhost, eventually

pytestmark = pytest.mark.broker
Burst = Callable[..., None]
AT_ONCE = {
    "behavior": {
        "scaleDown": {"stabilizationWindowSeconds": 0},
        "scaleUp": {"policies": [{"type": "Pods", "value": 100, "periodSeconds": 1}]},
    },
    "victims": {"policy": "Default"},
    "idle": {"cooldownSeconds": 1},
}


def purge(vhost: Vhost, queue: str = "work") -> None:
    with vhost.connect() as connection:
        connection.channel().queue_purge(queue)


def test_a_burst_brings_a_workload_from_zero_to_what_it_needs_in_one_step(
    stage: Stage, burst: Burst
):
    stage.workload(replicas=0)
    burst(200)
    stage.autoscaler()

    promptly(lambda: stage.replicas() == 10)

    promptly(lambda: stage.status().get("desiredReplicas") == 10)
    status = stage.status()
    (decision,) = (each for each in status["decisions"] if each["from"] != each["to"])
    assert (decision["from"], decision["to"], decision["reason"]) == (0, 10, "Activated")
    assert "200 ready messages at 20 per replica need 10" in decision["message"]
    assert status["depth"] == 200
    assert status["queues"][0]["name"] == "work"
    eventually(lambda: stage.condition("Ready")[0] == "True")
    eventually(lambda: ("Normal", "Activated") in stage.events())


def test_a_workload_scales_down_with_its_queue_and_becomes_idle(
    stage: Stage, vhost: Vhost, burst: Burst
):
    stage.workload(replicas=0)
    burst(100)
    stage.autoscaler(**AT_ONCE)
    promptly(lambda: stage.replicas() == 5)

    purge(vhost)

    eventually(lambda: stage.replicas() == 0, 90)
    eventually(lambda: stage.status()["lastDecision"]["reason"] in ("ScaledToIdle", "Idle"))


def test_a_changed_object_counts_at_once_and_a_deleted_one_no_more(stage: Stage, burst: Burst):
    stage.workload(replicas=0)
    burst(200)
    stage.autoscaler(**AT_ONCE)
    promptly(lambda: stage.replicas() == 10)

    stage.change({"maxReplicas": 3})
    promptly(lambda: stage.replicas() == 3)
    eventually(lambda: stage.condition("ScalingLimited") == ("True", "TooManyReplicas"))
    assert stage.status()["observedGeneration"] == 2

    stage.delete()
    promptly(lambda: stage.metric("mare_desired_replicas") is None)
    stage.scale_by_hand(1)
    stage.holds(1, seconds=5)


@pytest.mark.nightly
def test_nothing_is_written_while_nothing_changes(stage: Stage, burst: Burst):
    stage.workload(replicas=0)
    burst(200)
    stage.autoscaler()
    promptly(lambda: stage.status().get("currentReplicas") == 10)

    eventually(lambda: _seconds_since_a_write(stage) > 12)  # a status settles within 10 s

    assert stage.replicas() == 10


def _seconds_since_a_write(stage: Stage) -> float:
    times = [each.time for each in stage.requests() if each.resource not in _POLLED_RESOURCES]
    return (datetime.now(UTC) - times[-1]).total_seconds()


_POLLED_RESOURCES = {"secrets"}
"""Read every few seconds: no watch reports a change."""
