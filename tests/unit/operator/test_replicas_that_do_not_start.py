"""Replicas that never start, or start late, are not asked for again and again."""

import pytest

from mare.domain.crash_loop import CrashLoop
from mare.domain.history import History
from mare.domain.observation import load_of
from mare.domain.spec import ForecastMode, QueueLength, QueueWaitTime, ScalingSpec
from mare.domain.starting_backlog import StartingBacklog
from mare.simulation import mare_controller
from mare.simulation.load import Burst, Load, Points
from mare.simulation.scenario import Scenario, Worker
from mare.simulation.simulation import Simulation, generate_messages
from tests.unit.operator.building import Timeline, missing, reading, replace

NEVER = 1e6
"""A start-up time that no simulation reaches: an image that does not exist, or no node."""
KNOWN = QueueWaitTime(wait_seconds=2, capacity_per_replica=8, workers_per_replica=4)


def simulated(rate, start_seconds, *, bursts=(), seconds=600, target=None, workers=4, **more):
    spec = ScalingSpec(
        min_replicas=0,
        max_replicas=100,
        targets=(target or QueueWaitTime(wait_seconds=2),),
        forecast=ForecastMode.OFF,
    )
    scenario = Scenario(
        name="starting",
        seconds=seconds,
        load=Load(rates=(Points(((0.0, rate),)),), bursts=bursts),
        worker=Worker(
            service_seconds=0.5,
            workers=workers,
            start_seconds=start_seconds,
            ready_seconds=start_seconds,
        ),
        min_replicas=0,
        tick_seconds=0.25,
        autoscalers=(),
        **more,
    )
    simulation = Simulation(scenario, *generate_messages(scenario))
    mare_controller.attach(simulation, spec, scenario.tick_seconds)
    simulation.run()
    return simulation


def most_replicas(simulation):
    return max((change.after for change in simulation.changes), default=0)


@pytest.mark.parametrize("has_statistics", [True, False])
def test_replicas_that_never_start_are_not_followed_by_more(has_statistics):
    simulation = simulated(10, NEVER, has_statistics=has_statistics)
    assert most_replicas(simulation) <= 4
    assert simulation.pool.ready > 5_000


@pytest.mark.parametrize(
    ("target", "most"),
    [
        (KNOWN, 10),
        (QueueWaitTime(wait_seconds=2, workers_per_replica=4), 4),
        (QueueLength(messages_per_replica=20), 10),
    ],
)
def test_a_known_capacity_does_not_make_messages_ask_for_replicas_that_do_not_start(target, most):
    assert most_replicas(simulated(10, NEVER, target=target)) <= most


def test_work_that_waits_for_replicas_of_a_minute_gets_a_few_times_what_it_needs():
    simulation = simulated(10, 60)  # 2 replicas are enough
    assert 2 <= most_replicas(simulation) <= 10
    assert simulation.pool.ready < 100


def test_a_sentence_names_the_messages_that_do_not_count():
    simulation = simulated(10, NEVER, bursts=(Burst(300, 4_000),), target=KNOWN)
    last = simulation.changes[-1]
    assert last.second < 310
    assert "more messages arrived while replicas start: they count when these consume" in (
        last.message
    )


def test_a_burst_is_a_reason_for_more_although_the_replicas_before_it_have_not_started():
    simulation = simulated(10, NEVER, bursts=(Burst(300, 4_000, 0.5),), target=KNOWN)
    before = max(change.after for change in simulation.changes if change.second < 300)
    first = next(change for change in simulation.changes if change.second >= 300)
    assert before <= 10
    assert first.second <= 300.5
    assert most_replicas(simulation) == 100


def test_a_workload_that_starts_as_usual_counts_all_messages():
    simulation = simulated(40, 3, bursts=(Burst(300, 400),))
    assert "arrived while" not in "".join(change.message for change in simulation.changes)


def observed(backlog, ready, now, *, replicas=12, consuming=0.0, delivered=0, rate=10.0, **more):
    fields = {"start_seconds": 3.0, "is_learning": False, **more}
    fields_of_load = {"consumers": int(consuming), "delivered": delivered}
    load = timeline_load(ready, now, sampled_after=now - 5, **fields_of_load)
    return backlog.observe(
        load, now, replicas=replicas, consuming=consuming, arrival_rate=rate, **fields
    )


def timeline_load(ready, now, **fields):
    return load_of((reading(ready, at=now, **fields),))


def stuck(*, until=600, **more):
    """Ten messages arrive each second, and none of 12 replicas starts."""
    backlog = StartingBacklog()
    for second in range(until):
        backlog = observed(backlog, 100 + 10 * second, float(second), **more)
    return backlog


def test_messages_count_for_one_and_a_half_start_up_times_and_an_update_of_the_statistics():
    assert stuck(until=10).uncounted == 0
    assert stuck(until=100).uncounted == 10 * (99 - 9)


def test_nothing_is_left_out_while_three_of_four_replicas_consume():
    assert stuck(consuming=9.0).uncounted == 0
    assert stuck(consuming=8.0).uncounted > 0


def test_all_messages_count_when_the_replicas_have_started():
    backlog = observed(stuck(), 6_000, 600.0, consuming=12.0)
    assert (backlog.uncounted, backlog.is_starting) == (0, False)


def test_messages_stay_uncounted_until_the_capacity_is_known():
    backlog = observed(stuck(), 6_000, 600.0, consuming=12.0, is_learning=True)
    assert (backlog.uncounted, backlog.is_starting) == (stuck().uncounted, False)
    assert observed(backlog, 50, 601.0, consuming=12.0, is_learning=True).uncounted == 50
    assert observed(backlog, 6_000, 601.0, consuming=12.0).uncounted == 0


def test_messages_that_are_consumed_are_taken_from_those_that_do_not_count():
    before = stuck()
    assert observed(before, 3_000, 600.0, consuming=4.0).uncounted < before.uncounted - 3_000
    assert observed(before, 10, 600.0, consuming=4.0).uncounted == 0


def test_messages_beyond_the_arrival_rate_count():
    before = stuck()
    after = observed(before, 6_090 + 500, 600.0)
    counted = (6_090 + 500 - after.uncounted) - (6_090 - before.uncounted)
    assert 480 <= counted <= 500


def test_without_an_arrival_rate_the_growth_so_far_is_the_rate():
    before = stuck(rate=None)
    assert before.uncounted == stuck().uncounted
    assert observed(before, 6_590, 600.0, rate=None).uncounted <= before.uncounted + 20


def test_a_few_messages_count_where_messages_are_rare():
    backlog = StartingBacklog()
    for second in range(60):
        backlog = observed(backlog, 20, float(second), rate=None)
    assert observed(backlog, 30, 60.0, rate=None).uncounted == 0
    assert observed(backlog, 30, 60.0, rate=10.0).uncounted == 10


def test_clients_that_poll_count_as_started():
    backlog = stuck(until=100)
    backlog = observed(backlog, 1_100, 100.0, delivered=5)
    assert (backlog.is_starting, backlog.uncounted) == (False, 0)
    assert not observed(backlog, 1_200, 101.0, delivered=5).is_starting
    assert observed(backlog, 1_300, 102.0, consuming=1.0).is_starting


def test_deliveries_of_before_the_replicas_ended_are_no_polling():
    backlog = observed(StartingBacklog(), 0, 0.0, replicas=4, consuming=4.0, delivered=1_000)
    backlog = observed(backlog, 5, 1.0, replicas=4, delivered=1_000)
    backlog = observed(backlog, 50, 5.0, replicas=4, delivered=1_030)  # sampled at 0 s
    assert backlog.is_starting
    for second in range(6, 900):
        backlog = observed(backlog, 10 * second, float(second), replicas=4, delivered=1_030)
    assert backlog.is_starting
    assert backlog.uncounted > 8_000


def test_deliveries_to_a_consumer_that_has_ended_are_no_polling():
    backlog = observed(stuck(until=100), 1_100, 100.0)
    backlog = observed(backlog, 1_100, 101.0, consuming=1.0)
    for second in range(102, 200):
        backlog = observed(backlog, 10 * second, float(second), delivered=30)
    assert backlog.is_starting


def crashing(*, seconds=3, every=40, until=600):
    """Replicas that consume for some seconds of each attempt."""
    backlog = StartingBacklog()
    for second in range(until):
        consuming = 12.0 if second % every >= every - seconds else 0.0
        backlog = observed(backlog, 100 + 10 * second, float(second), consuming=consuming)
    return backlog


def test_replicas_that_consume_for_seconds_have_not_started():
    assert crashing(until=3 * 40).uncounted > 500
    assert crashing().uncounted > 5_000
    assert crashing().is_starting


def test_replicas_of_a_crash_loop_have_started_when_they_stay_for_half_a_minute():
    backlog = crashing(until=590)
    for second in range(590, 618):
        backlog = observed(backlog, 6_000, float(second), consuming=12.0)
        assert backlog.is_starting
    for second in range(618, 622):
        backlog = observed(backlog, 6_000, float(second), consuming=12.0)
    assert (backlog.is_starting, backlog.uncounted) == (False, 0)
    assert not observed(observed(backlog, 0, 700.0), 0, 701.0, consuming=12.0).is_starting


@pytest.mark.parametrize(
    ("replicas", "consuming"),
    [
        ((12, 12, 4), (12, 12, 4)),
        ((12, 12, 1), (12, 12, 0)),
        ((12, 12, 12), (12, 12, 7)),
        ((4, 12, 12), (4, 4, 12)),
        ((12, 12, 0), (12, 12, 0)),
    ],
    ids=["fewer replicas", "all but one", "some connect again", "a second step", "idle"],
)
def test_consumers_that_end_with_their_replicas_are_no_crash_loop(replicas, consuming):
    state = CrashLoop()
    for second, (count, consumers) in enumerate(zip(replicas, consuming, strict=True)):
        state = state.observe(count, float(consumers), float(second))
    assert not state.is_seen


def test_consumers_that_end_after_a_minute_are_no_crash_loop():
    state = CrashLoop().observe(12, 12.0, 0.0)
    assert not state.observe(12, 12.0, 60.0).observe(12, 0.0, 61.0).is_seen
    assert state.observe(12, 0.0, 20.0).is_seen


def test_added_replicas_of_a_crash_loop_are_noticed_whatever_the_others_do():
    state = CrashLoop().observe(4, 4.0, 0.0).observe(12, 4.0, 100.0).observe(12, 12.0, 130.0)
    assert state.observe(12, 4.0, 133.0).is_seen


def test_a_crash_loop_does_not_ask_for_more_replicas_with_each_attempt():
    spec = ScalingSpec(
        min_replicas=0, max_replicas=100, targets=(KNOWN,), forecast=ForecastMode.OFF
    )
    timeline = Timeline(spec, 4)
    for second in range(900):
        timeline.now += 1
        consumers = timeline.replicas if second % 60 < 3 else 0
        done = 20 * (second // 60) + 5 * min(second % 60, 4)
        counters = {"published": 10 * second, "delivered": done, "acknowledged": done}
        ready = 10 * second - done
        timeline.read(reading(ready, at=timeline.now, consumers=consumers, **counters))
    assert timeline.replicas <= 12


def led(until=600, **more):
    """Return a timeline of 10 messages/s for which no replica starts."""
    spec = ScalingSpec(
        min_replicas=0, max_replicas=100, targets=(KNOWN,), forecast=ForecastMode.OFF
    )
    timeline = Timeline(spec, 4)
    passes_without_start(timeline, range(until), **more)
    return timeline


def passes_without_start(timeline, seconds, extra=0):
    for second in seconds:
        timeline.now = 1_000.0 + second
        count = 10 * second + extra
        timeline.read(reading(count, at=timeline.now, consumers=0, published=count))


def change_leader(timeline, gap=0.0):
    timers = timeline.history.timers(timeline.spec, timeline.now)
    now, replicas = timeline.now + gap, timeline.replicas
    timers = replace(timers, replicas=replicas).at_start(timeline.spec, replicas, now)
    estimates = timeline.history.learning.estimates
    timeline.history = History.begin(now, replicas, estimates, timers=timers)


@pytest.mark.parametrize("gap", [0, 30, 300])
def test_a_new_leader_asks_for_no_more_of_replicas_that_do_not_start(gap):
    timeline = led()
    before = timeline.replicas
    change_leader(timeline, gap)
    passes_without_start(timeline, range(600 + gap, 900 + gap))
    assert timeline.replicas == before <= 12


def test_a_burst_between_two_leaders_is_a_reason_for_more():
    timeline = led()
    change_leader(timeline, 30)
    passes_without_start(timeline, range(630, 632), extra=4_000)
    assert timeline.replicas == 100


def test_what_was_stored_an_hour_ago_says_nothing_about_messages_of_now():
    timeline = led(until=300)
    change_leader(timeline, 3_600)
    passes_without_start(timeline, range(3_900, 3_902))
    assert timeline.replicas == 100


def test_times_of_replicas_that_start_are_stored_at_twice_the_age_of_before():
    ages = []
    backlog = StartingBacklog()
    for second in range(600):
        backlog = observed(backlog, 100 + 10 * second, float(second))
        ages.append(backlog.stored_periods)
    assert sorted(set(ages)) == [0, 4, 5, 6, 7, 8, 9, 10]
    assert ages == sorted(ages)
    assert observed(backlog, 6_000, 600.0, consuming=12.0).stored_periods == 0


def two_queues(backlog, ready, now, other):
    away = frozenset() if other is not None else frozenset({"//other"})
    queues = [reading(ready, at=now, consumers=0)]
    if other is not None:
        queues.append(reading(other, at=now, name="other", consumers=0))
    return backlog.observe(
        load_of(tuple(queues)),
        now,
        replicas=12,
        consuming=0.0,
        arrival_rate=10.0,
        start_seconds=3.0,
        is_learning=False,
        missing=away,
    )


def test_a_queue_that_is_away_for_a_moment_comes_back_without_a_burst():
    backlog = StartingBacklog()
    for second in range(300):
        backlog = two_queues(backlog, 10 * second, float(second), 3_000)
    before = backlog.uncounted
    for second in range(300, 310):
        backlog = two_queues(backlog, 10 * second, float(second), None)
    backlog = two_queues(backlog, 3_100, 310.0, 3_000)
    assert backlog.uncounted - before == 3_100 - 2_990
    assert two_queues(backlog, 3_110, 311.0, 5_000).uncounted - backlog.uncounted <= 13


def test_a_decision_knows_the_messages_of_a_queue_that_is_away():
    spec = ScalingSpec(
        min_replicas=0, max_replicas=100, targets=(KNOWN,), forecast=ForecastMode.OFF
    )
    timeline = Timeline(spec, 12)
    for second in range(300):
        timeline.now += 1
        work = reading(10 * second, at=timeline.now, consumers=0, published=10 * second)
        other = reading(90, at=timeline.now, name="other", consumers=0)
        is_away = 200 <= second < 205
        timeline.read(work, missing("other", at=timeline.now) if is_away else other)
        if second == 199:
            before = timeline.replicas
    assert timeline.replicas == before < 100


def test_no_replica_is_removed_while_messages_wait_for_those_that_start():
    spec = ScalingSpec(
        min_replicas=0, max_replicas=100, targets=(KNOWN,), forecast=ForecastMode.OFF
    )
    timeline = Timeline(spec, 1)
    counts = []
    for second in range(200):
        timeline.now += 1
        ready = 20 * second if second < 100 else 2_000  # the load has ended
        depth = {"consumers": min(timeline.replicas, 1), "published": ready}
        timeline.read(reading(ready, at=timeline.now, **depth), ready=1)
        counts.append(timeline.replicas)
    assert counts == sorted(counts)
    assert counts[-1] < 100
    assert "Scale-down is blocked while messages wait for replicas that start." in (
        timeline.decisions[-1].message
    )


def test_without_replicas_every_message_counts():
    assert observed(stuck(), 6_000, 600.0, replicas=0) == StartingBacklog()


def test_a_step_while_learning_waits_for_most_of_the_last_one():
    timeline = Timeline(ScalingSpec(min_replicas=0, max_replicas=100), 4)
    for _ in range(60):
        timeline.now += 1
        decision = timeline.read(reading(400, at=timeline.now, consumers=0))
    assert decision.replicas == 4
    for _ in range(10):
        timeline.now += 1
        decision = timeline.read(reading(400, at=timeline.now, consumers=3))
    assert decision.replicas > 4
