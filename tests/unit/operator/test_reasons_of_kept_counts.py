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

    decision = time.passes(400, step=5, **BUSY)

    assert (decision.reason, decision.until) == (reason, None)


def test_a_bound_that_raises_the_count_of_an_empty_queue_is_the_reason():
    time = Timeline(ScalingSpec(min_replicas=3, idle_replicas=1, max_replicas=9, targets=LENGTH), 3)
    time.passes(30)
    time.replicas = 2  # by another client

    decision = time.decide()

    assert (decision.replicas, decision.reason) == (3, Reason.TOO_FEW_REPLICAS)


def test_what_nothing_is_known_of_without_statistics_is_named():
    time = Timeline(ScalingSpec(max_replicas=50, targets=(QueueWaitTime(),)), 4)
    for _ in range(100):
        time.now += 1
        decision = time.read(amqp_only(at=time.now))
    assert decision.replicas == 4
    assert "statistics" in decision.message
