"""Pauses, dry runs, schedules and victims."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mare.domain.decision import Stage
from mare.domain.reason import Reason
from mare.domain.schedules import floor_of, is_active, problem_of
from mare.domain.spec import (
    Behavior,
    Pause,
    ScalingRules,
    ScalingSpec,
    Schedule,
    VictimPolicy,
)
from tests.unit.operator.building import LENGTH, Timeline, observation_of, once, reading

AT_ONCE = Behavior(scale_up=ScalingRules(), scale_down=ScalingRules())


def working(**given):
    given.setdefault("behavior", AT_ONCE)
    return ScalingSpec(min_replicas=1, max_replicas=50, targets=LENGTH, **given)


def test_a_pause_holds_the_count_or_the_one_that_is_given():
    busy = observation_of(4, reading(400, at=1000.0))
    held = once(working(paused=Pause.ALL), busy)
    assert (held.replicas, held.reason) == (4, Reason.PAUSED)
    assert once(working(paused=Pause.ALL, paused_replicas=90), busy).replicas == 90


def test_the_cooldown_begins_when_a_pause_ends():
    time = Timeline(replace(working(paused=Pause.ALL), min_replicas=0, cooldown_seconds=30), 1)
    assert time.passes(100).replicas == 1
    time.spec = replace(time.spec, paused=None)
    assert time.passes(29).replicas == 1
    assert time.passes(5).replicas == 0


def test_a_pause_of_one_way_leaves_the_other():
    grows, shrinks = (
        observation_of(4, reading(400, at=1000.0)),
        observation_of(40, reading(40, at=1000.0)),
    )
    assert once(working(paused=Pause.SCALE_IN), grows).replicas == 20
    assert once(working(paused=Pause.SCALE_OUT), grows).replicas == 4
    assert once(working(paused=Pause.SCALE_OUT), shrinks, since=0.0).replicas == 2
    held = once(working(paused=Pause.SCALE_IN), shrinks, since=0.0)
    assert (held.replicas, held.reason, held.raw) == (40, Reason.PAUSED, 2)


def test_a_dry_run_decides_as_always_and_again():
    time = Timeline(working(dry_run=True), 4)
    assert time.passes(30, ready=400).replicas == 20
    assert {decision.replicas for decision in time.decisions} == {20}


def moment(text):
    return datetime.fromisoformat(text).timestamp()


OFFICE = Schedule(
    start="0 8 * * 1-5", end="0 18 * * 1-5", min_replicas=6, timezone="America/Recife"
)


@pytest.mark.parametrize(
    ("text", "active"),
    [
        ("2026-11-24T07:59:59-03:00", False),
        ("2026-11-24T08:00:00-03:00", True),
        ("2026-11-24T17:59:59-03:00", True),
        ("2026-11-24T18:00:00-03:00", False),
        ("2026-11-28T12:00:00-03:00", False),  # a Saturday
        ("2026-11-24T10:59:59+00:00", False),  # still before eight in Recife
    ],
)
def test_a_schedule_holds_from_its_start_to_its_end_in_its_zone(text, active):
    assert is_active(OFFICE, moment(text)) is active


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({}, None),
        ({"start": "0 25 * * *"}, "no cron expression"),
        ({"end": "0 8 * * 1-5 2030"}, "end '0 8 * * 1-5 2030'"),
        ({"start": "0 0 30 2 *"}, "0 0 30 2 *"),
        ({"timezone": "Mars/Olympus"}, "no time zone"),
        ({"timezone": "../../etc/passwd"}, "no time zone"),
    ],
)
def test_the_error_of_a_schedule_names_the_field(given, word):
    problem = problem_of(replace(OFFICE, **given))
    assert problem is None if word is None else word in problem


def test_the_highest_floor_counts():
    night = Schedule(start="0 0 * * *", end="0 23 * * *", min_replicas=2)
    now = datetime(2026, 11, 24, 15, tzinfo=UTC).timestamp()
    assert floor_of((night, OFFICE), now) == (6, OFFICE)
    assert floor_of((), now) == (0, None)


def test_a_schedule_that_spans_midnight_is_in_force_on_both_sides():
    night = Schedule(start="0 22 * * *", end="0 6 * * *", min_replicas=3)
    assert is_active(night, moment("2026-11-24T23:30:00+00:00"))
    assert is_active(night, moment("2026-11-25T05:59:00+00:00"))
    assert not is_active(night, moment("2026-11-25T12:00:00+00:00"))


def test_a_schedule_never_exceeds_the_maximum():
    always = Schedule(start="* * * * *", end="0 0 29 2 *", min_replicas=90)
    assert once(working(schedules=(always,)), observation_of(4, reading(at=1000.0))).replicas == 50


def test_idle_only_removes_idle_replicas_and_waits_for_busy_ones():
    spec = working(victim_policy=VictimPolicy.IDLE_ONLY, max_drain_wait_seconds=60)
    time = Timeline(spec, 10)
    time.now = 100.0
    assert time.decide(ready=20, idle=3).replicas == 10  # each of them may have a message by now
    time.now = 120.0
    decision = time.decide(unacknowledged=20, idle=3)
    assert (decision.replicas, decision.reason) == (7, Reason.DRAINING)
    assert decision.steps[-1].stage is Stage.VICTIMS
    same = time.read(reading(0, 20, at=120.0), idle=3)
    assert same.replicas == 7  # the same three are gone already
    time.now = 130.0
    assert time.decide(unacknowledged=20, idle=0).replicas == 7
    time.now = 160.0
    assert time.decide(unacknowledged=20, idle=0).replicas == 1


@pytest.mark.parametrize(
    "pause", [{"paused": Pause.SCALE_IN}, {"paused": Pause.ALL}, {"dry_run": True}], ids=str
)
def test_the_wait_for_busy_replicas_begins_when_replicas_can_be_removed(pause):
    spec = working(victim_policy=VictimPolicy.IDLE_ONLY, max_drain_wait_seconds=60)
    time = Timeline(spec, 10)
    time.passes(30, unacknowledged=20, idle=0)
    time.spec = replace(spec, **pause)
    time.passes(400, unacknowledged=20, idle=0, step=5)
    time.spec = spec
    time.now += 1
    assert time.passes(59, unacknowledged=20, idle=0).replicas == 10
    time.now += 1
    assert time.decide(unacknowledged=20, idle=0).replicas == 1


@pytest.mark.parametrize(
    ("pause", "replicas", "reason"),
    [({"paused": Pause.SCALE_IN}, 10, Reason.PAUSED), ({"dry_run": True}, 7, Reason.DRAINING)],
)
def test_replicas_that_were_not_removed_are_still_idle(pause, replicas, reason):
    time = Timeline(working(victim_policy=VictimPolicy.IDLE_ONLY, **pause), 10)
    time.passes(20, unacknowledged=20, idle=3)
    time.decisions.clear()
    time.passes(60, unacknowledged=20, idle=3, step=0.5)
    assert {(each.replicas, each.reason) for each in time.decisions} == {(replicas, reason)}


def test_idle_only_without_knowledge_waits_for_its_time():
    spec = working(victim_policy=VictimPolicy.IDLE_ONLY, max_drain_wait_seconds=60)
    time = Timeline(spec, 10)
    time.now = 100.0
    decision = time.decide(ready=20)
    assert decision.replicas == 10
    assert "The idle replicas are unknown, because" in decision.message


@pytest.mark.parametrize(
    ("given", "reason", "why"),
    [
        ({"min_replicas": 5, "idle_replicas": 0}, Reason.TOO_FEW_REPLICAS, "minReplicas is 5"),
        (
            {"schedules": (Schedule(start="* * * * *", end="0 0 29 2 *", min_replicas=5),)},
            Reason.SCHEDULED,
            "keeps at least 5 replicas",
        ),
    ],
)
def test_an_activation_beyond_its_messages_names_what_sets_the_count(given, reason, why):
    decision = once(
        ScalingSpec(max_replicas=50, targets=LENGTH, **given),
        observation_of(0, reading(60, at=1000.0)),
    )
    assert (decision.replicas, decision.reason) == (5, reason)
    assert "60 messages at 20 per replica need 3 replicas" in decision.message
    assert why in decision.message
