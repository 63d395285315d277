"""Estimates of capacity, workers and start-up time from readings of RabbitMQ."""

from dataclasses import replace

import pytest

from mare.domain.estimates import Estimates
from mare.domain.growth import DepthGrowth
from mare.domain.interval import open_interval
from mare.domain.learning import learn, recall
from mare.domain.observation import Workload, load_of
from mare.domain.replica_starts import ReplicaStarts
from mare.domain.unknown import Unknown
from tests.unit.operator.building import UNREACHABLE, reading


def starts(*readings):
    """Observe replicas, ready ones, consumers and the time of each reading."""
    starting = ReplicaStarts()
    for replicas, ready, consumers, now in readings:
        starting = starting.observe(Workload(replicas=replicas, ready=ready), consumers, now)
    return starting


def test_start_up_time_runs_from_scale_up_to_the_first_consumer():
    first = (2, 2, 2, 0.0), (5, 2, 2, 10.0), (5, 2, 2, 12.0), (5, 3, 3, 14.0)
    assert starts(*first).start_seconds == 4.0
    later = starts(*first, (6, 5, 5, 20.0), (6, 6, 6, 34.0))
    assert later.start_seconds == pytest.approx(4 + 0.3 * 10)


def test_replicas_that_were_starting_already_show_no_shorter_start():
    """One added at 49 s was thought to start in 11 s, which made 147 messages need 40 replicas."""
    assert starts((1, 0, 0, 0.0), (2, 0, 0, 49.0), (2, 1, 1, 60.0)).start_seconds == 60.0
    repaired = starts((1, 0, 0, 0.0), (1, 1, 1, 121.0), (2, 1, 1, 200.0), (2, 2, 2, 204.0))
    assert repaired.start_seconds == 4.0
    later = starts((2, 0, 0, 0.0), (1, 0, 0, 9.0), (2, 0, 0, 10.0), (2, 1, 1, 140.0))
    assert later.start_seconds == 60.0  # 130 s count as four times 15 s
    known = ReplicaStarts(start_seconds=4.0).observe(Workload(replicas=1, ready=0), 0, 0.0)
    assert known.observe(Workload(replicas=1, ready=1), 1, 300.0).start_seconds == 4.0


def test_consumers_of_a_replica_are_counted_when_all_is_settled():
    assert starts((2, 2, 6, 0.0), (2, 2, 6, 10.0)).consumers_per_replica is None
    assert starts((2, 2, 6, 0.0), (2, 2, 6, 60.0)).consumers_per_replica == 3


def test_four_ready_replicas_with_ten_consumers_each_are_not_forty():
    settled = (4, 4, 40, 0.0), (4, 4, 40, 60.0)
    assert starts(*settled, (15, 4, 40, 61.0), (15, 4, 40, 200.0)).consumers_per_replica == 10


def watched(readings, learning=None, replicas=2):
    learning = learning or recall(Estimates())
    for now, queue in readings:
        queues = queue if queue is UNREACHABLE else (queue,)
        learning = learn(learning, load_of(queues), Workload(replicas=replicas), now)
    return learning


def flow(now, rate=8.0, **given):
    done = int(rate * now)
    fields = {"consumers": 2, "published": done, "acknowledged": done, "delivered": done, **given}
    return now, reading(0, 4, at=now, **fields)


def test_estimates_are_made_from_the_readings_of_the_broker():
    estimates = watched([flow(5.0 * index) for index in range(40)]).estimates
    assert estimates.arrival_rate == pytest.approx(8, rel=0.01)
    assert estimates.capacity_per_replica == pytest.approx(8, rel=0.01)
    assert estimates.service_seconds == pytest.approx(0.5, rel=0.01)
    assert estimates.delivery_ratio == 1


def test_a_broker_with_more_redeliveries_than_deliveries_makes_no_ratio():
    readings = [flow(5.0 * index, redelivered=100 * index) for index in range(10)]
    assert watched(readings).estimates.delivery_ratio.reason == "NothingDelivered"


def test_a_counter_reset_is_no_negative_rate():
    before = [flow(5.0 * index) for index in range(1, 20)]
    restarted = [flow(5.0 * index, published=index, acknowledged=index) for index in range(20, 22)]
    assert watched(before + restarted).estimates.arrival_rate >= 0


def test_a_queue_that_appears_is_no_jump():
    learning = watched([flow(5.0 * index) for index in range(1, 20)])
    old = flow(100.0)[1]
    new = reading(at=100.0, name="new", published=10_000)
    learning = learn(learning, load_of((old, new)), Workload(replicas=2), 100.0)
    assert learning.estimates.arrival_rate == pytest.approx(8, rel=0.01)


def test_an_outage_keeps_the_estimates():
    learning = watched([flow(5.0 * index) for index in range(40)])
    away = watched([(200.0 + second, UNREACHABLE) for second in range(60)], learning)
    assert away.estimates == learning.estimates


def test_a_restart_keeps_capacity_and_start_up_time_but_no_rate():
    rates = {"arrival_rate": 8.0, "highest_rate": 9.0}
    stored = Estimates(
        **rates, capacity_per_replica=8.0, workers_per_replica=4.0, start_seconds=3.0
    )
    learning = recall(stored)
    assert isinstance(learning.estimates.arrival_rate, Unknown)
    assert isinstance(learning.estimates.highest_rate, Unknown)
    assert replace(learning.estimates, **rates) == stored
    assert watched([flow(0.0), flow(5.0)], learning).estimates.capacity_per_replica == (
        pytest.approx(8, rel=0.2)
    )


def test_a_burst_that_ends_between_two_readings_does_not_change_the_capacity():
    readings = [flow(5.0 * index) for index in range(1, 40)]
    burst = []
    for index in range(40, 46):
        done = int(8 * 5.0 * index) + 480
        fresh = reading(
            480 if index == 40 else 0,
            4,
            at=5.0 * index,
            consumers=2,
            published=done,
            acknowledged=done if index > 40 else done - 480,
            delivered=done,
        )
        burst.append((5.0 * index, fresh))
    capacity = watched(readings + burst).estimates.capacity_per_replica
    assert capacity == pytest.approx(8, rel=0.05)


def saturated(seconds, *, consumers, ready_replicas):
    """Return the estimated capacity of two replicas that process 8 messages/s each of a backlog."""
    learning = recall(Estimates())
    workload = Workload(replicas=2, ready=ready_replicas)
    for second in range(seconds):
        done = 16 * second
        fresh = reading(
            5000 - done,
            8,
            at=float(second),
            statistics_at=float(second // 5 * 5),
            consumers=consumers,
            prefetch=4.0 if consumers else Unknown("NoConsumers", "no consumer is there"),
            acknowledged=16 * (second // 5 * 5),
        )
        learning = learn(learning, load_of((fresh,)), workload, fresh.read_at)
    return learning.estimates.capacity_per_replica


@pytest.mark.parametrize("ready_replicas", [0, 2, 50, Unknown("NotReported", "it is not reported")])
def test_working_replicas_are_those_that_consume(ready_replicas):
    capacity = saturated(120, consumers=2, ready_replicas=ready_replicas)
    assert capacity == pytest.approx(8, rel=0.01)


def test_replicas_without_consumers_give_no_capacity():
    assert isinstance(saturated(120, consumers=0, ready_replicas=2), Unknown)


def test_each_virtual_host_has_its_own_statistics_interval():
    learning, rates = recall(Estimates()), []
    for tick in range(4 * 300):
        now = tick / 4
        many, few = now // 5 * 5, (now - 2) // 5 * 5 + 2
        queues = (
            reading(at=now, vhost="x", statistics_at=many, published=40 * int(many)),
            reading(at=now, vhost="y", statistics_at=few, published=int(few) + 3),
        )
        learning = learn(learning, load_of(queues), Workload(replicas=2), now)
        if now > 30:
            rates.append(learning.estimates.arrival_rate)
    assert rates == pytest.approx([41] * len(rates), rel=0.01)


@pytest.mark.parametrize(("most", "busy"), [(None, 50), (8, None), (60, 50)])
def test_more_messages_than_workers_can_have_begun_show_no_service_time(most, busy):
    counts = {"at": 0.0, "unacknowledged": 50}
    begun = open_interval(load_of((reading(**counts),)), 2.0, None, 100.0)
    calm = open_interval(load_of((reading(**counts),)), 2.0, begun, 100.0)
    end = load_of((reading(at=5.0, unacknowledged=50, acknowledged=9),))
    evidence = calm.closed(end, calm.increases(end), 100.0, most)
    assert (evidence and evidence.busy_seconds) == (busy and 5 * busy)


def test_a_saturated_interval_says_nothing_before_a_service_time_has_passed():
    """Three replicas begin messages of 12 s at 5 s; the first saturated interval is not counted."""
    interval_, saturated_ = None, []
    for index in range(8):
        now = 5.0 * index
        load = load_of((reading(9, 3, at=now, consumers=3, acknowledged=index),))
        if interval_ is not None:
            evidence = interval_.observe(9, 3.0).closed(
                load, interval_.increases(load), 1.0, None, 12.0
            )
            saturated_.append(evidence is not None and evidence.saturated)
        interval_ = open_interval(load, 3.0, interval_, 1.0)
    assert saturated_ == [False, False, False, True, True, True, True]


def test_the_growth_begins_anew_when_the_replicas_change():
    begun = open_interval(load_of((reading(at=0.0),)), 2.0, None, 8.0)
    end = load_of((reading(at=5.0, unacknowledged=7, published=9, acknowledged=2),))
    before = DepthGrowth(depth=3)
    grown = begun.increases(end)
    assert begun.growth(end, grown, before, 8.0, 1.0).grown == 4
    assert begun.observe(0, 3.0).growth(end, grown, before, 8.0, 1.0) == DepthGrowth()
    assert begun.observe(0, 2.0).growth(end, grown, before, 8.0, 1.0).grown == 4


def test_busy_time_is_the_mean_of_the_unacknowledged_messages_at_both_ends():
    def load(at, unacknowledged):
        return load_of((reading(0, unacknowledged, at=at),))

    first = open_interval(load(0.0, 1), 1.0, None, 4)
    second = open_interval(load(5.0, 2), 1.0, first, 4)
    end = load(10.0, 6)
    evidence = second.closed(end, second.increases(end), 4, None)
    assert evidence.busy_seconds == 5 * (2 + 6) / 2


def test_messages_that_end_are_counted_until_the_capacity_is_known():
    slow = [flow(5.0 * index, rate=0.2) for index in range(9)]
    learning = watched(slow)
    assert isinstance(learning.estimates.capacity_per_replica, Unknown)
    assert learning.estimates.finished == 8
    later = watched([flow(5.0 * index, rate=0.2) for index in range(9, 30)], learning)
    assert not isinstance(later.estimates.capacity_per_replica, Unknown)
    assert later.estimates.finished < 20


@pytest.mark.parametrize(
    ("consumers", "seconds", "may_grow"),
    [(2, 90.0, False), (3, 90.0, True), (3, 19.0, False), (3, 21.0, True)],
)
def test_the_replicas_may_grow_again_when_three_of_four_consume_after_the_start_up_time(
    consumers, seconds, may_grow
):
    learning = recall(Estimates(start_seconds=20.0))
    for now, replicas, seen in ((0.0, 2, 2), (10.0, 4, 2), (10.0 + seconds, 4, consumers)):
        load = load_of((reading(50, at=now, consumers=seen),))
        learning = learn(learning, load, Workload(replicas=replicas), now)
    assert learning.estimates.may_grow is may_grow
