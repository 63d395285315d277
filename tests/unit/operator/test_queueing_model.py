"""How many replicas keep the wait short, against the definition and known queues."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare.domain.queueing_model import Demand, busy_share, need_of, percentile_of_wait


def demand(
    rate=0.0,
    ready=0,
    *,
    capacity=1.0,
    workers=1.0,
    wait=2.0,
    drain=10.0,
    reaction=8.0,
    dispersion=1.0,
):
    return Demand(
        arrival_rate=rate,
        ready=ready,
        capacity_per_replica=capacity,
        workers_per_replica=workers,
        wait_seconds=wait,
        backlog_seconds=drain,
        reaction_seconds=reaction,
        dispersion=dispersion,
    )


@pytest.mark.parametrize(
    ("rate", "capacity", "seconds"),
    [(0.5, 1.0, math.log(10) / 0.5), (5.0, 10.0, math.log(10) / 5), (0.9, 1.0, math.log(18) / 0.1)],
)
def test_one_worker_is_the_queue_of_the_textbook(rate, capacity, seconds):
    """In an M/M/1 queue, the share of messages that wait longer than t is u exp(-(c - r) t)."""
    one = demand(rate, capacity=capacity)

    assert percentile_of_wait(one, 1) == pytest.approx(seconds)
    half_a_worker = demand(rate, capacity=capacity, workers=0.5)
    assert percentile_of_wait(half_a_worker, 1) == pytest.approx(seconds)


def test_a_message_in_twenty_that_waits_is_no_wait():
    assert percentile_of_wait(demand(0.05), 1) == 0.0
    assert percentile_of_wait(demand(0.0501), 1) > 0.0
    assert percentile_of_wait(demand(1.0), 1) == percentile_of_wait(demand(2.0), 1) == math.inf


def test_many_workers_wait_less_at_the_same_use():
    few, many = demand(0.8, capacity=1.0, workers=1), demand(0.8, capacity=1.0, workers=30)

    assert percentile_of_wait(many, 1) < percentile_of_wait(few, 1)
    # With 30 workers a message waits with probability 0.8 ^ (sqrt(62) - 1).
    assert percentile_of_wait(many, 1) == pytest.approx(
        math.log(0.8 ** (math.sqrt(62) - 1) / 0.05) / 0.2
    )


@pytest.mark.parametrize(("workers", "share"), [(1, 0.8), (49, 0.8), (100, 0.86), (196, 0.9)])
def test_more_workers_need_a_smaller_idle_share(workers, share):
    assert busy_share(demand(), workers) == pytest.approx(share)


@pytest.mark.parametrize(("tasks", "replicas"), [(0, 0), (1, 1), (2, 3), (3, 3)])
def test_one_task_in_two_minutes_needs_no_spare_replica(tasks, replicas):
    rare = demand(tasks / 120, capacity=1 / 20, workers=1, wait=2.0)
    assert need_of(rare).replicas == replicas


@pytest.mark.parametrize(
    ("load", "share"),
    [
        (demand(100.0, wait=0.5), 0.8),
        (demand(100.0, wait=2.0), 0.8),
        (demand(100.0, wait=3.0), 1.375 / 1.6),
        (demand(100.0, wait=10.0), 0.95),
        (demand(100.0, wait=60.0), 0.95),
        (demand(100.0, wait=10.0, reaction=35.0), 0.8036),
        (demand(100.0, wait=30.0, reaction=35.0), 0.95),
        (demand(2.0, wait=10.0, dispersion=9.0), 0.95),
        (demand(2.0, wait=10.0, dispersion=16.0), 0.8502),
        (demand(2.0, wait=10.0, dispersion=30.0), 0.8),
    ],
)
def test_replicas_may_be_busier_the_longer_messages_may_wait(load, share):
    """In 8 s the rate grows by 60 %; those messages need not be consumed before 8 s + the wait."""
    assert busy_share(load, workers=1.0) == pytest.approx(share, rel=0.01)


@given(
    rate=st.floats(0.01, 1_000),
    capacity=st.floats(0.02, 50),
    workers=st.integers(1, 8),
    dispersion=st.floats(1, 30),
    start=st.floats(0, 60),
)
def test_a_longer_wait_never_needs_more_replicas(rate, capacity, workers, dispersion, start):
    needs = [
        need_of(
            demand(
                rate,
                capacity=capacity,
                workers=workers,
                wait=wait,
                reaction=5 + start,
                dispersion=dispersion,
            )
        ).replicas
        for wait in (0.5, 2, 10, 30, 60)
    ]

    assert needs == sorted(needs, reverse=True)


@pytest.mark.parametrize(
    ("load", "replicas", "cause"),
    [
        (demand(), 0, "utilization"),
        (demand(rate=4.0, wait=100), 5, "utilization"),
        (demand(rate=4.0, wait=0.1), 9, "wait"),
        (demand(ready=30, workers=0.1), 3, "backlog"),
        (demand(rate=2.0, ready=30, workers=0.1, wait=100), 5, "backlog"),
        (demand(ready=30, workers=20.0, capacity=0.1), 2, "workers"),
    ],
)
def test_the_condition_that_needs_the_most_replicas_decides(load, replicas, cause):
    need = need_of(load)

    assert (need.replicas, need.cause) == (replicas, cause)


@given(
    st.builds(
        demand,
        rate=st.sampled_from([0.0, 0.3, 1.0, 7.5, 40.0, 333.0]),
        ready=st.sampled_from([0, 1, 17, 400]),
        capacity=st.sampled_from([0.2, 1.0, 3.3, 50.0]),
        workers=st.sampled_from([0.5, 1.0, 10.0, 64.0]),
        wait=st.sampled_from([0.05, 1.0, 30.0]),
        drain=st.sampled_from([1.0, 30.0]),
    )
)
def test_the_need_is_the_smallest_number_that_meets_all_conditions(load):
    def meets(n):
        share = busy_share(load, max(1.0, n * load.workers_per_replica))
        needed = math.ceil(load.arrival_rate / (share * load.capacity_per_replica))
        return needed <= n and (
            not load.arrival_rate or percentile_of_wait(load, n) <= load.wait_seconds
        )

    smallest = next(n for n in range(1, 10_000) if meets(n))
    handled = load.arrival_rate / load.capacity_per_replica
    backlog = min(
        handled + load.ready / load.backlog_seconds / load.capacity_per_replica,
        handled + load.ready / load.workers_per_replica,
    )

    # One fewer may do as well: the share of one more replica is rounded to a smaller one.
    expected = max(smallest, math.ceil(backlog) if load.ready else 0)
    assert 0 <= expected - need_of(load).replicas <= 1


@given(
    rate=st.floats(0.1, 5_000),
    capacity=st.floats(0.5, 50),
    workers=st.integers(1, 8),
    wait=st.floats(0.001, 5),
)
def test_one_replica_fewer_than_needed_for_the_wait_waits_too_long(rate, capacity, workers, wait):
    of = demand(rate, capacity=capacity, workers=workers, wait=wait)
    need = need_of(of)

    assert percentile_of_wait(of, need.replicas) <= wait
    if need.cause == "wait":
        assert percentile_of_wait(of, need.replicas - 1) > wait
