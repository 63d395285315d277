"""The reason and the sentence name what keeps a count, and when it ends, if it does."""

import pytest

from mare.domain.reason import Reason
from mare.domain.spec import (
    Pause,
    QueueWaitTime,
    ScalingSpec,
    VictimPolicy,
)
from mare.domain.unknown import Unknown
from tests.unit.operator.building import (
    LENGTH,
    Timeline,
    amqp_only,
    observation_of,
    once,
    reading,
    unreachable,
)

BUSY = {"unacknowledged": 40, "idle": 0}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"paused": Pause.SCALE_IN}, Reason.PAUSED),
        ({}, Reason.OTHER_AUTOSCALER),
        ({"dry_run": True}, Reason.DRAINING),
    ],
)
def test_busy_replicas_that_nothing_removes_anyway_have_no_time_at_which_they_end(given, reason):
    spec = ScalingSpec(
        max_replicas=50, targets=LENGTH, victim_policy=VictimPolicy.IDLE_ONLY, **given
    )
    time = Timeline(spec, 5)
    if not given:
        time.conflict = Unknown("OtherAutoscaler", "HPA web scales the workload")

    decision = time.passes(400, **BUSY)

    assert (decision.reason, decision.until) == (reason, None)


def test_a_bound_that_raises_the_count_of_an_empty_queue_is_the_reason():
    time = Timeline(ScalingSpec(min_replicas=3, idle_replicas=1, max_replicas=9, targets=LENGTH), 3)
    time.passes(30)
    time.replicas = 2  # by another client

    decision = time.decide()

    assert (decision.replicas, decision.reason) == (3, Reason.TOO_FEW_REPLICAS)


def test_a_bound_applies_to_a_count_that_is_kept_while_queues_are_unknown():
    decision = once(ScalingSpec(max_replicas=10, targets=LENGTH), unreachable(12))
    assert decision.replicas == 10
    assert decision.message.endswith("the count stays within its bounds. maxReplicas is 10.")


def test_messages_below_the_threshold_of_the_activation_are_named_with_it():
    spec = ScalingSpec(max_replicas=50, targets=LENGTH, activation_threshold=100)
    decision = once(spec, observation_of(0, reading(90, at=1000.0)))
    assert decision.replicas == 0
    assert "activation.threshold is 100" in decision.message


def test_what_nothing_is_known_of_without_statistics_is_named():
    time = Timeline(ScalingSpec(max_replicas=50, targets=(QueueWaitTime(),)), 4)
    for _ in range(100):
        time.now += 1
        decision = time.read(amqp_only(at=time.now))
    assert decision.replicas == 4
    assert "statistics" in decision.message
