"""Queues that RabbitMQ deletes without a consumer keep the last replica."""

from dataclasses import replace

import pytest

from mare.domain.reason import Reason
from mare.domain.spec import PublishedToDeliveredRatio
from tests.unit.operator.building import Timeline
from tests.unit.operator.test_rules_of_idle import idling


@pytest.mark.parametrize(
    ("transient", "spec", "replicas"),
    [
        pytest.param((), idling(cooldown_seconds=10), 0, id="the queue stays"),
        pytest.param(("work",), idling(cooldown_seconds=10), 1, id="the queue would be deleted"),
        pytest.param(
            ("work",),
            idling(cooldown_seconds=10, min_replicas=1, idle_replicas=0),
            0,
            id="the spec allows that",
        ),
    ],
)
def test_a_queue_that_is_deleted_without_consumers_keeps_one_replica(transient, spec, replicas):
    time = Timeline(spec, 2)
    time.transient = transient
    time.passes(3, ready=1)
    decision = time.passes(120)
    assert time.replicas == replicas
    assert ("RabbitMQ deletes work without a consumer" in decision.message) == (replicas == 1)


def test_a_queue_that_keeps_a_replica_promises_no_scale_to_idle():
    time = Timeline(idling(cooldown_seconds=60), 3)
    time.transient = ("work",)
    time.passes(3, ready=1)
    for _ in range(120):
        time.now += 1
        decision = time.decide()
        assert Reason.COOLING_DOWN not in decision.limited_by
        assert "down to 0" not in decision.message
        assert decision.until is None or decision.replicas > 1


def test_a_queue_that_will_be_deleted_gets_a_consumer():
    time = Timeline(idling(), 0)
    time.transient = ("work",)
    assert time.decide().replicas == 1


def test_ready_messages_of_such_a_queue_activate_without_any_formula():
    time = Timeline(replace(idling(), targets=(PublishedToDeliveredRatio(ratio=1.0),)), 0)
    time.transient = ("work",)
    time.decide(ready=100)
    assert time.replicas == 1
