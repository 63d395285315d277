"""Clauses of a proposal: why it differs from the formula, and which inputs are missing."""

import pytest

from mare.domain.behavior import Behavior
from mare.domain.estimates import Estimates
from mare.domain.observation import Workload, load_of
from mare.domain.reason import Reason
from mare.domain.spec import (
    PolicyType,
    PublishedToDeliveredRatio,
    QueueLength,
    QueueWaitTime,
    ScalingPolicy,
    ScalingRules,
    ScalingSpec,
)
from mare.domain.targets import proposal_of
from mare.domain.unknown import Unknown
from tests.unit.operator.building import Timeline, reading

BEHAVIOR = ScalingSpec(max_replicas=9).behavior


def proposed(target, estimates, *, current=1, ready=0, unacknowledged=0, ready_replicas=1):
    load = load_of((reading(ready, unacknowledged, at=9.0),))
    of = Workload(replicas=current, ready=min(current, ready_replicas))
    return proposal_of(target, load, estimates, of, BEHAVIOR)


@pytest.mark.parametrize(
    ("current", "messages", "replicas", "limit"),
    [
        (1, 2, 1, "tolerance.perWorker"),
        (1, 4, 4, None),
        (1, 5, 4, "tolerance.step"),
        (1, 16, 4, "tolerance.step"),
        (1, 40, 10, "tolerance.step"),
        (20, 60, 40, "tolerance.step"),
    ],
)
def test_a_worker_per_message_is_proposed_in_steps(current, messages, replicas, limit):
    """Only a step that is smaller than the result is named."""
    target = QueueWaitTime(workers_per_replica=1)
    found = proposed(target, Estimates(), current=current, ready=messages)
    assert (found.raw, found.replicas) == (messages, replicas)
    assert getattr(found.why_not_raw, "code", None) == limit


@pytest.mark.parametrize(("current", "replicas"), [(1, 4), (10, 10)])
def test_up_to_four_replicas_wait_for_no_other_to_start(current, replicas):
    estimates = Estimates(may_grow=False)
    found = proposed(QueueWaitTime(workers_per_replica=1), estimates, current=current, ready=100)
    assert found.replicas == replicas


def test_a_rate_that_one_sample_alone_shows_is_named_where_it_is_not_used():
    target = QueueWaitTime(capacity_per_replica=2.0, workers_per_replica=1)
    estimates = Estimates(arrival_rate=100.0, highest_rate=100.0, rate_before_jump=10.0)
    found = proposed(target, estimates, current=9, ready=5)
    assert found.formula.numbers["arrivalRate"] == 11
    assert (found.remark.code, found.remark.numbers["arrivalRate"]) == ("wait.unconfirmed", 100)
    confirmed = proposed(target, Estimates(arrival_rate=10.0, highest_rate=10.0), ready=5)
    assert confirmed.remark is None


@pytest.mark.parametrize(
    ("rate", "deviation", "current", "replicas"),
    [
        (0.45, 0.0, 15, 16),
        (0.45, 0.06, 14, 14),  # enough for 0.39 messages/s: noise may be all that is seen
        (0.45, 0.06, 13, 16),
        (0.45, 0.0, 17, 16),
        (0.45, 0.1, 17, 17),  # 0.5 messages/s need 17
        (0.45, 0.1, 18, 17),
    ],
)
def test_a_rate_that_few_messages_show_has_to_exceed_its_noise(rate, deviation, current, replicas):
    estimates = Estimates(
        arrival_rate=rate,
        highest_rate=rate,
        arrival_deviation=deviation,
        capacity_per_replica=0.05,
        workers_per_replica=1.0,
    )
    found = proposed(QueueWaitTime(), estimates, current=current)
    assert found.replicas == replicas
    if replicas == current == 14:
        assert found.why_not_raw == "14 replicas at 64.3 % busy are within the tolerance"


@pytest.mark.parametrize(
    ("unacknowledged", "finished", "rate", "replicas"),
    [
        (5, 0, 0.5, 10),  # after 10 s of tasks that take 20 s
        (5, 4, 0.5, 10),
        (5, 5, 0.5, 5),  # a service time has passed
        (5, 0, 0.0, 5),  # nothing arrives
        (0, 0, 0.5, 0),
    ],
)
def test_replicas_stay_until_a_service_time_has_passed(unacknowledged, finished, rate, replicas):
    estimates = Estimates(arrival_rate=rate, highest_rate=rate, finished=finished)
    target = QueueWaitTime(workers_per_replica=1)
    found = proposed(target, estimates, current=10, unacknowledged=unacknowledged)
    assert found.raw == unacknowledged
    assert (found.replicas if found.allows_scale_down else 10) == replicas


@pytest.mark.parametrize(
    ("exceeds", "configured", "ready"), [(False, None, 3), (True, None, 33), (False, 4, 3)]
)
def test_prefetched_messages_count_where_replicas_were_seen_to_be_saturated(
    exceeds, configured, ready
):
    """A replica with 10 workers has 40 unacknowledged messages."""
    target = QueueWaitTime(capacity_per_replica=10.0, workers_per_replica=configured)
    estimates = Estimates(
        arrival_rate=1.0, workers_per_replica=10.0, prefetch_exceeds_workers=exceeds
    )
    found = proposed(target, estimates, ready=3, unacknowledged=40)
    assert found.formula.numbers["ready"] == ready


@pytest.mark.parametrize(
    ("ratio", "raw", "limit"), [(1.0, 20, None), (1.05, 21, "tolerance.ratio")]
)
def test_a_ratio_within_the_tolerance_is_named_where_it_keeps_the_count(ratio, raw, limit):
    estimates = Estimates(delivery_ratio=ratio)
    target = PublishedToDeliveredRatio(ratio=1.0)
    found = proposed(target, estimates, current=20, ready_replicas=20)
    assert (found.raw, found.replicas) == (raw, 20)
    assert getattr(found.why_not_raw, "code", None) == limit


def test_a_ratio_without_a_replica_that_is_ready_is_unknown():
    target, estimates = PublishedToDeliveredRatio(ratio=1.0), Estimates(delivery_ratio=2.0)
    assert proposed(target, estimates).raw == 2
    unknown = Unknown("NoneReady", "no replica is ready, so that the ratio has no base")
    assert proposed(target, estimates, current=3, ready_replicas=0) == unknown
    assert proposed(target, estimates, current=0) == unknown


@pytest.mark.parametrize(
    ("current", "ready", "replicas", "reason", "text"),
    [
        (10, 20, 9, Reason.SCALE_DOWN_LIMIT, "The scaleDown policies allow 9 now."),
        (10, 400, 12, Reason.SCALE_UP_LIMIT, "The scaleUp policies allow 12 now."),
    ],
)
def test_a_policy_that_limits_a_change_is_named(current, ready, replicas, reason, text):
    def of(pods):
        return ScalingRules(policies=(ScalingPolicy(PolicyType.PODS, pods, 60),))

    spec = ScalingSpec(
        min_replicas=1,
        max_replicas=50,
        targets=(QueueLength(messages_per_replica=20),),
        behavior=Behavior(scale_up=of(2), scale_down=of(1)),
    )
    decision = Timeline(spec, current, at=100.0).decide(ready=ready)
    assert (decision.replicas, decision.reason) == (replicas, reason)
    assert decision.message.endswith(text)
    assert decision.deciding_step.stage == "policy"


def test_a_count_above_100_percent_busy_is_kept_by_a_favorable_estimate_that_is_named():
    """ "4 replicas at 110 % busy are within the tolerance" did not say by how much it is wrong."""
    estimates = Estimates(
        arrival_rate=0.44, arrival_deviation=0.1, highest_rate=0.44, capacity_per_replica=0.1
    )
    target = QueueWaitTime(workers_per_replica=1, wait_seconds=60)
    proposal = proposed(target, estimates, current=4)
    why, *_ = proposal.clauses
    assert (proposal.replicas, why) == (
        4,
        "4 replicas at 110 % busy, by a favorable estimate 85 %, are within the tolerance",
    )


def without_work(highest_rate):
    target = QueueWaitTime(capacity_per_replica=2.0, workers_per_replica=1)
    return proposed(target, Estimates(arrival_rate=0.0, highest_rate=highest_rate))


def test_without_work_there_is_nothing_to_divide():
    proposal = without_work(highest_rate=0.0)
    assert (proposal.raw, proposal.formula) == (
        0,
        "0 ready messages and an arrival rate of 0 messages/s need no replica",
    )


def test_a_count_kept_for_the_highest_rate_has_the_formula_of_that_rate():
    proposal = without_work(highest_rate=1.5)
    assert (proposal.raw, proposal.replicas) == (0, 1)
    why, formula = proposal.clauses
    assert why == (
        "the load needs 0 replicas now, but the highest rate of the last 15 s decides on a"
        " scale-down"
    )
    assert formula == (
        "an arrival rate of 1.5 messages/s at 2 messages/s per replica with 1 worker needs 2"
        " replicas, so that 95 % of messages wait at most 2 s"
    )


def test_a_count_kept_for_the_error_of_the_capacity_has_the_formula_of_the_lower_capacity():
    estimates = Estimates(
        arrival_rate=58.0,
        highest_rate=58.0,
        capacity_per_replica=25.0,
        capacity_error=0.1,
        workers_per_replica=10.0,
    )
    proposal = proposed(QueueWaitTime(), estimates, current=4)
    assert (proposal.raw, proposal.replicas) == (3, 4)
    why, formula = proposal.clauses
    assert why == (
        "the load needs 3 replicas now, but a scale-down keeps a reserve for errors of the"
        " estimates"
    )
    assert formula == (
        "an arrival rate of 58 messages/s at 22.5 messages/s per replica needs 4 replicas,"
        " at most 80 % busy"
    )


@pytest.mark.parametrize(("current", "replicas"), [(20, 20), (19, 30)])
def test_a_backlog_scales_up_beyond_one_and_a_half_drain_times(current, replicas):
    target = QueueWaitTime(capacity_per_replica=8.0, workers_per_replica=4)
    proposal = proposed(target, Estimates(arrival_rate=0.0), current=current, ready=480)
    assert (proposal.raw, proposal.replicas) == (30, replicas)
