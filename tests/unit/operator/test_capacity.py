"""What is learnt of a replica's capacity from intervals of the statistics."""

import pytest

from mare.domain.capacity import Capacity, ClosedInterval, DecayingSums, remembered

NOTHING = Capacity()


def test_an_older_rate_at_saturation_weighs_half_when_it_is_doubted_by_two():
    """The rate of 1/s may be 2/s by now: 1,000 messages in 500 s, half of which count."""
    old = Capacity(saturated=DecayingSums(acknowledged=1000, seconds=1000), doubt=2.0)
    new = old.observe(
        ClosedInterval(
            seconds=0.0, acknowledged=100, busy_seconds=0.0, replica_seconds=100.0, saturated=True
        )
    )

    assert new.per_replica(None) == pytest.approx((500 + 100) / (250 + 100))


def interval(acknowledged, busy, *, seconds=5.0, replicas=2, saturated=False, **more):
    """Return an interval in which `busy` messages were unacknowledged on average."""
    return ClosedInterval(
        seconds=seconds,
        acknowledged=acknowledged,
        busy_seconds=busy * seconds,
        replica_seconds=replicas * seconds,
        saturated=saturated,
        stay=busy * seconds / acknowledged if acknowledged else None,
        **more,
    )


def after(*intervals, capacity=NOTHING):
    for each in intervals:
        capacity = capacity.observe(each)
    return capacity


CALM = [interval(40, 4)] * 12
"""A minute of 8 messages/s with 4 at work: each takes half a second."""
FULL = [interval(80, 40, saturated=True)] * 3
"""Two replicas with a prefetch of 20 handle 8 messages/s each, whatever they hold."""


@pytest.mark.parametrize(
    ("evidence", "per_replica"),
    [(interval(10, 10), 0.2), (interval(9, 10), None), (interval(10, 9.9), None)],
)
def test_ten_messages_and_fifty_seconds_of_work_are_enough(evidence, per_replica):
    assert after(evidence).per_replica(1) == per_replica


def test_workers_that_become_faster_are_believed_once_noise_cannot_explain_it():
    capacity = after(*CALM, *FULL)
    assert capacity.per_replica(20) == pytest.approx(8, rel=0.01)

    # 80 were expected: up to 80 + 4 x sqrt(80) may be noise.
    noise, faster = interval(115, 20), interval(117, 20)
    assert after(noise, capacity=capacity).per_replica(20) == pytest.approx(8, rel=0.01)
    assert after(faster, capacity=capacity).per_replica(20) == pytest.approx(11.7, rel=0.01)


def test_slower_workers_are_believed_within_minutes():
    slow = [interval(40, 8)] * 24

    assert after(*CALM * 10, *slow).per_replica(4) == pytest.approx(4, rel=0.2)


def test_a_rate_at_saturation_is_doubted_more_the_older_it_is():
    busy = [interval(60, 6)] * 12
    rates = [after(*busy, *FULL, *busy * n).per_replica(20) for n in (0, 10, 20)]

    assert rates == pytest.approx([8, 8 * 1.105, 8 * 1.221], rel=0.01)


def test_messages_that_pile_up_inside_replicas_end_the_doubt():
    busy, waiting = [interval(60, 6)] * 200, interval(60, 60, is_growing=True)
    doubted = after(*busy, *FULL, *busy)

    assert doubted.per_replica(20) > 8 * 1.1
    assert after(waiting, capacity=doubted).per_replica(20) == pytest.approx(8, rel=0.01)


def test_an_old_rate_is_not_doubted_while_messages_wait_inside_replicas():
    waiting = [interval(60, 60)] * 200

    assert after(*CALM, *FULL, *waiting).doubt == 1
    assert after(*CALM, *FULL, *[interval(60, 6)] * 200).doubt > 1.1


def test_replicas_inside_which_messages_pile_up_can_do_no_more():
    """Each has 4 workers by its prefetch count: 8 messages/s. But 4/s are all that it does."""
    waiting = interval(40, 40, is_growing=True)
    for_long = interval(40, 40, is_growing=True, is_growing_long=True)

    assert after(*CALM, *[waiting] * 3).per_replica(4) == pytest.approx(8)
    assert after(*CALM, *[for_long] * 3).per_replica(4) == pytest.approx(4)
    assert after(*CALM, *[interval(40, 40)] * 10).per_replica(4) < 2


def test_longer_work_with_growing_messages_is_believed_within_an_hour():
    longer = interval(40, 16, is_growing=True, is_growing_long=True)

    assert after(*CALM, *[longer] * 60).per_replica(4) == pytest.approx(4)
    assert after(*CALM, *[longer] * 720).per_replica(4) == pytest.approx(2, rel=0.1)


def slow(acknowledged, busy, replicas):
    return interval(acknowledged, busy, replicas=replicas, is_growing=True, is_growing_long=True)


def test_work_that_stays_as_long_in_more_replicas_is_slow_and_waits_for_nothing():
    """Work takes 5 s instead of half a second. As long as it seems to wait, replicas are added."""
    crowded, spread = [slow(40, 40, 2)] * 12, [slow(40, 40, 5)]
    before, found = after(*CALM, *crowded), after(*CALM, *crowded, *spread * 61)

    assert before.per_replica(20) == pytest.approx(4)
    assert after(*spread * 60, capacity=before).per_replica(20) < 4
    assert found.shortest == 5
    assert found.doubt == 1
    assert after(*[interval(40, 40, replicas=5)] * 60, capacity=found).per_replica(20) == (
        pytest.approx(4, rel=0.1)
    )


def test_messages_that_stay_for_less_in_more_replicas_had_waited():
    crowded, spread = [slow(40, 40, 2)] * 12, [slow(40, 12, 5)] * 100
    capacity = after(*CALM, *crowded, *spread)

    assert capacity.shortest < 1
    assert capacity.workers(20) == pytest.approx(1, rel=0.5)


def test_a_quick_burst_does_not_make_usual_work_long():
    """The shortest stay follows what is usual: a stay of twice the shortest counts as work."""
    quick, usual = interval(40, 4), interval(40, 7.9, is_growing=True)

    assert after(quick, *[usual] * 60).per_replica(4) == pytest.approx(4, rel=0.1)


def test_without_busy_workers_the_rate_at_saturation_is_used():
    unknown = interval(80, 40, saturated=True, busy_is_known=False)
    capacity = after(*[unknown] * 3)

    assert capacity.per_replica(20) == capacity.per_replica(None) == pytest.approx(8)
    assert capacity.workers(20) is None


@pytest.mark.parametrize(("prefetch", "workers"), [(None, 4), (20, 4), (9, 4), (7, None)])
def test_workers_are_reported_if_they_are_much_fewer_than_the_prefetch_count(prefetch, workers):
    found = after(*[interval(80, 8, saturated=True)] * 3).workers(prefetch)

    assert found == (workers and pytest.approx(workers, rel=0.1))


def test_the_error_falls_with_the_root_of_the_samples():
    assert after().error == after(interval(1, 1)).error == 0.5
    assert after(interval(40, 16)).error == pytest.approx(0.25)


def test_a_remembered_capacity_holds_until_there_is_evidence():
    stored = remembered(8.0, 4.0)

    assert stored.per_replica(4) == pytest.approx(8)
    assert after(*[interval(20, 4)] * 12, capacity=stored).per_replica(4) == pytest.approx(
        4, rel=0.2
    )


SLOW = [interval(2, 15)] * 6 + [interval(3, 15)] * 6
"""A minute of 15 messages at work: each takes 30 s."""
JUST_BEGUN = [interval(1, 15, replicas=15, saturated=True)] * 20
"""15 replicas that have just begun messages of 30 s: few are acknowledged."""


def test_a_replica_has_at_least_one_worker():
    """By the rate of workers that have just begun it had 0.4 workers and 0.013 messages/s."""
    capacity = after(*SLOW, *JUST_BEGUN)

    assert capacity.saturated.acknowledged / capacity.saturated.seconds == pytest.approx(1 / 75)
    service = capacity.long.seconds_per_message
    assert capacity.per_replica(4) == pytest.approx(1 / service)
    assert capacity.workers(4) == 1


@pytest.mark.parametrize(("consumers", "workers"), [(1, 1), (3, 3)])
def test_with_a_prefetch_of_one_each_consumer_is_a_worker(consumers, workers):
    capacity = after(*SLOW, *JUST_BEGUN)

    service = capacity.long.seconds_per_message
    assert capacity.per_replica(consumers, fewest=consumers) == pytest.approx(workers / service)
    assert capacity.workers(consumers, fewest=consumers) is None


def test_prefetched_messages_that_wait_inside_a_replica_are_not_in_progress():
    """A worker needs 0.5 s for a message, and has 200 of them while it is saturated."""
    calm = [interval(10, 1, replicas=1)] * 12
    full = [interval(10, 200, replicas=1, saturated=True)] * 12

    assert after(*calm, *full).workers(250) == pytest.approx(1, rel=0.1)


def test_without_a_prefetch_limit_calm_hours_add_no_workers():
    """Four hours after a saturation, 2 replicas of 4 workers counted as 2 of 44."""
    full = [interval(80, 0, saturated=True, busy_is_known=False)] * 4

    assert after(*full, *CALM * 240).workers(None) == pytest.approx(4)


@pytest.mark.parametrize("night", [interval(0, 0, replicas=1), interval(1, 0.1, replicas=1)])
def test_a_night_with_hardly_a_message_does_not_make_the_replicas_faster(night):
    """Eight hours later a replica of 8 messages/s counted as 62 of them in the first minute."""
    evening = after(*FULL, *[interval(60, 6)] * 360, *[night] * 12 * 60 * 8)
    morning = after(*[interval(20, 2, replicas=1)] * 12, capacity=evening)

    assert morning.per_replica(250) == pytest.approx(8, rel=0.05)


@pytest.mark.parametrize(("use", "capacity"), [(0.25, 3.2), (0.1, 3.2), (0.02, 0.8)])
def test_faster_workers_show_in_half_a_day_unless_they_hardly_work(use, capacity):
    """At a quarter of the old capacity, which a short wait of slow tasks needs, they never did."""
    before = after(*[interval(8, 8, saturated=True)] * 60)
    faster = 1.6 * use
    halves = [interval(10 * faster, 1.25 * faster, seconds=10.0)] * 6 * 60 * 12

    assert before.per_replica(4) == pytest.approx(0.8)
    assert after(*halves, capacity=before).per_replica(4) == pytest.approx(capacity, rel=0.01)


@pytest.mark.parametrize("use", [0.1, 0.25, 0.5])
def test_calm_hours_make_no_replica_count_as_many(use):
    """After eight hours a replica of 8 messages/s with a prefetch of 250 counted as 62."""
    calm = after(*FULL, *[interval(80 * use, 8 * use)] * 12 * 60 * 8)

    assert calm.per_replica(250) <= 32 * 1.05


def test_slower_workers_after_an_idle_night_are_believed_within_a_minute_of_saturation():
    evening = after(*CALM, *FULL * 100, *[interval(0, 0)] * 12 * 60 * 8)
    slower = after(*CALM, *[interval(40, 40, saturated=True)] * 12, capacity=evening)

    assert slower.per_replica(20) == pytest.approx(4, rel=0.25)
