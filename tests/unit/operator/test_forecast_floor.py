"""A load that is due sets a minimum, with a sentence of its own."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mare.domain.alarms import alarm_of
from mare.domain.decision import Stage
from mare.domain.estimates import Estimates
from mare.domain.forecast_floor import next_load
from mare.domain.history import History
from mare.domain.observation import load_of
from mare.domain.reason import Reason
from mare.domain.spec import (
    HPA_BEHAVIOR,
    ForecastMode,
    MaximumConcurrency,
    MessageRate,
    Pause,
    PublishedToDeliveredRatio,
    QueueLength,
    QueueWaitTime,
    ScalingSpec,
)
from mare.domain.surges import Surge
from tests.unit.operator.building import Timeline, reading, unreachable

DUE = datetime(2026, 11, 29, 15, 30, tzinfo=UTC).timestamp()
HALF_HOUR = 1800.0
SURGES = tuple(Surge(DUE - HALF_HOUR * number, 10.0, 0.0) for number in (3, 2, 1))
KNOWN = Estimates(capacity_per_replica=2.0, workers_per_replica=2.0, start_seconds=30.0)
WAIT = (QueueWaitTime(wait_seconds=2.0),)


def spec_of(**given):
    return ScalingSpec(**{"min_replicas": 1, "max_replicas": 20, "targets": WAIT, **given})


def quiet(
    spec, *, replicas=1, surges=SURGES, before=90.0, after=-20.0, estimates=KNOWN, **workload
):
    """Return an object without messages, from seconds before the due time to seconds after it."""
    time = Timeline(spec, replicas, DUE - before)
    time.history = History.begin(time.now, replicas, estimates, surges)
    while time.now <= DUE + after:
        time.read(reading(at=time.now, consumers=time.replicas), **workload)
        time.now += 1.0
    return time


def last(time):
    return time.decisions[-1]


def test_replicas_are_started_before_the_load_and_the_sentence_says_why():
    decision = last(quiet(spec_of()))
    assert decision.replicas == 7
    assert decision.reason is Reason.FORECAST
    assert decision.message.endswith(
        "At least 7: this load came at 14:00, 14:30 and 15:00 UTC and needs 7 replicas;"
        " the next is due in 20 s."
    )
    assert [each.replicas for each in decision.steps if each.stage is Stage.FORECAST] == [7]
    assert decision.limited_by == ()


def test_they_start_one_start_up_time_and_10_s_before_it():
    time = quiet(spec_of(), after=-35.0)
    (started,) = [at for at, each in enumerate(time.decisions) if each.changes]
    assert DUE - (DUE - 90.0 + started) == pytest.approx(40.0, abs=1.0)


def test_without_the_load_they_end_20_s_after_it_was_due():
    time = quiet(spec_of(), after=120.0)
    assert last(time).replicas == 1
    kept = [DUE - 90.0 + at for at, each in enumerate(time.decisions) if each.replicas == 7]
    assert kept[-1] - DUE == pytest.approx(20.0 + 15.0, abs=2.0)


def test_an_idle_workload_ends_again_when_the_load_is_late():
    later = quiet(spec_of(min_replicas=0), replicas=0, after=150.0)
    assert last(later).replicas == 0


def test_an_idle_workload_is_started_in_one_step():
    decisions = quiet(spec_of(min_replicas=0, behavior=HPA_BEHAVIOR), replicas=0).decisions
    (started,) = [each for each in decisions if each.changes]
    assert (started.current, started.replicas) == (0, 7)
    assert "this load came at 14:00, 14:30 and 15:00 UTC" in started.message


@pytest.mark.parametrize("least", [0, 1])
def test_a_dry_run_of_the_forecast_says_what_it_would_do(least):
    spec = spec_of(min_replicas=least, forecast=ForecastMode.DRY_RUN)
    decision = last(quiet(spec, replicas=least))
    assert decision.replicas == least
    assert (
        "With forecast.mode On it would be at least 7: this load came at 14:00, 14:30 and 15:00"
        " UTC and needs 7 replicas."
    ) in decision.message


def test_off_learns_and_starts_nothing():
    time = quiet(spec_of(forecast=ForecastMode.OFF))
    assert last(time).replicas == 1
    assert not time.history.tides.surges.past


@pytest.mark.parametrize(
    ("given", "replicas", "reason"),
    [
        ({"max_replicas": 5}, 5, Reason.TOO_MANY_REPLICAS),
        ({"behavior": HPA_BEHAVIOR}, 5, Reason.SCALE_UP_LIMIT),
        ({"paused": Pause.ALL}, 1, Reason.PAUSED),
        ({"paused": Pause.SCALE_OUT}, 1, Reason.PAUSED),
        ({"paused": Pause.SCALE_IN}, 7, Reason.FORECAST),
        ({"min_replicas": 9}, 9, None),
    ],
    ids=["maxReplicas", "policies", "paused", "no scale-up", "no scale-down", "minReplicas"],
)
def test_all_other_rules_apply(given, replicas, reason):
    spec = spec_of(**given)
    time = quiet(spec, replicas=spec.min_replicas, after=-39.0)
    first = next((each for each in time.decisions if each.changes), last(time))
    assert first.replicas == replicas
    assert reason is None or first.reason is reason


@pytest.mark.parametrize(
    ("targets", "replicas"),
    [
        ((QueueLength(messages_per_replica=4),), 5),
        ((MessageRate(messages_per_second_per_replica=2.5),), 4),
        ((MaximumConcurrency(workers_per_replica=2),), 5),
        ((PublishedToDeliveredRatio(ratio=1.0),), 1),
        (
            (QueueLength(messages_per_replica=4), MessageRate(messages_per_second_per_replica=2.5)),
            5,
        ),
    ],
    ids=["length", "rate", "concurrency", "ratio", "the highest of two"],
)
def test_each_target_has_its_own_count_for_the_load(targets, replicas):
    assert last(quiet(spec_of(targets=targets))).replicas == replicas


def test_without_a_known_capacity_nothing_is_started():
    assert last(quiet(spec_of(), estimates=Estimates(start_seconds=30.0))).replicas == 1


@pytest.mark.parametrize("replicas", [0, 1])
def test_without_a_reading_nothing_is_started(replicas):
    time = quiet(spec_of(min_replicas=replicas), replicas=replicas, after=-50.0)
    time.now = DUE - 20.0
    decision = time.read(queues=unreachable(1).queues)
    assert decision.replicas == replicas
    assert decision.message.endswith("Until that changes, the count stays within its bounds.")


def test_a_load_that_needs_no_more_than_now_has_no_sentence():
    small = tuple(replace(each, rate=1.0) for each in SURGES)
    time = quiet(spec_of(), surges=small)
    assert not re.search("this load came", last(time).message)


def test_a_forecast_of_one_replica_says_why_it_starts_it():
    small = tuple(replace(each, rate=0.5) for each in SURGES)
    (started,) = [
        each
        for each in quiet(spec_of(min_replicas=0), replicas=0, surges=small).decisions
        if each.changes
    ]
    assert (started.replicas, started.reason) == (1, Reason.FORECAST)
    assert "At least 1: this load came at 14:00" in started.message


def test_a_forecast_above_what_a_limit_keeps_is_the_reason():
    time = Timeline(spec_of(), 3, DUE - 90.0)
    time.history = History.begin(time.now, 3, KNOWN, SURGES)
    time.alarm = alarm_of(["memory"])
    while not any(each.changes for each in time.decisions):
        time.read(reading(at=time.now, consumers=3))
        time.now += 1.0
    decision = last(time)
    assert (decision.replicas, decision.reason, decision.limited_by) == (7, Reason.FORECAST, ())
    assert "blocked" not in decision.message


def test_a_quick_timer_has_times_with_seconds_and_a_daily_one_has_dates():
    quick = tuple(Surge(DUE - 240.0 * number, 10.0, 0.0) for number in (3, 2, 1))
    assert "15:18:00, 15:22:00 and 15:26:00 UTC" in last(quiet(spec_of(), surges=quick)).message
    daily = tuple(Surge(DUE - 86_400.0 * number, 10.0, 0.0) for number in (3, 2, 1))
    assert "2026-11-28 15:30 UTC" in last(quiet(spec_of(), surges=daily)).message


@pytest.mark.parametrize("mode", [ForecastMode.ON, ForecastMode.DRY_RUN])
def test_a_forecast_of_less_than_min_replicas_says_why_it_starts_an_idle_workload(mode):
    spec = spec_of(min_replicas=8, idle_replicas=0, forecast=mode)
    decisions = quiet(spec, replicas=0).decisions
    decision = next((each for each in decisions if each.changes), decisions[-1])
    assert decision.replicas == (8 if mode is ForecastMode.ON else 0)
    assert "t least 7: this load came at 14:00, 14:30 and 15:00 UTC" in decision.message


@pytest.mark.parametrize("mode", [ForecastMode.ON, ForecastMode.DRY_RUN])
def test_a_forecast_for_less_than_came_before_says_what_the_load_itself_needs(mode):
    """5 messages/s came before the others, and none arrives now: less than 10 a second is due."""
    rising = tuple(replace(each, before=5.0) for each in SURGES)
    time = quiet(spec_of(forecast=mode), surges=rising)
    message = last(time).message
    assert "t least 2 at the present load: this load came at" in message
    assert "UTC and needs 7 replicas" in message
    (_, needed) = next_load(time.spec, load_of((reading(),)), time.history, time.now)
    assert needed == 7


@pytest.mark.parametrize("target", [QueueLength, MaximumConcurrency])
def test_the_messages_of_now_are_no_part_of_a_load_that_is_due(target):
    each = {"messages_per_replica": 4} if target is QueueLength else {"workers_per_replica": 4}
    time = quiet(spec_of(targets=(target(queues=("work",), **each),)), after=-50.0)
    assert next_load(time.spec, load_of((reading(400),)), time.history, time.now) is None
