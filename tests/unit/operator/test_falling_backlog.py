"""A falling backlog shows what a replica does at least, also in the first burst of a workload."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare.domain.estimates import Estimates
from mare.domain.falling_backlog import FallingBacklog
from mare.domain.learning import recall
from mare.domain.observation import Workload, load_of
from mare.domain.spec import QueueWaitTime
from mare.domain.unknown import Unknown
from mare.domain.wait_target import proposal_by_wait
from tests.unit.operator.building import reading
from tests.unit.operator.test_learning import watched


def shown(*readings, prefetch=1.0, arrival_rate=0.0):
    """Read (ready, consumers) once a second; each replica has one consumer."""
    result = FallingBacklog()
    for second, (ready, consumers) in enumerate(readings):
        result = result.observe(
            ready,
            consumers,
            float(second),
            consuming=float(consumers),
            prefetch=prefetch,
            arrival_rate=arrival_rate,
        )
    return result.capacity


BEGIN = ((200, 0), (196, 4), (188, 4), (180, 4), (172, 4))  # 4 replicas of 2 messages/s


def test_messages_that_left_the_queue_were_processed_but_for_those_that_new_consumers_hold():
    assert shown(*BEGIN) == pytest.approx((28 - 4) / 16)
    assert shown(*BEGIN, (164, 4), prefetch=4.0) == pytest.approx((36 - 16) / 20)


def test_few_processed_messages_show_nothing():
    assert shown(*BEGIN[:4]) is None  # 16, which may be less than 3 of each consumer
    assert shown(*BEGIN, prefetch=4.0) is None
    assert shown((200, 0), (199, 1), (190, 1)) is None  # 9 in all
    assert shown((200, 0), (100, 0)) is None


def test_many_arrivals_leave_nothing_to_say_and_few_are_left_out():
    assert shown(*BEGIN, arrival_rate=2.9) == shown(*BEGIN)
    assert shown(*BEGIN, arrival_rate=3.1) is None


def test_the_highest_bound_counts_until_the_queue_has_more_messages():
    assert shown(*BEGIN, (164, 20), (156, 20)) == shown(*BEGIN)
    assert shown(*BEGIN, (0, 4), (0, 4), (0, 1)) == pytest.approx((200 - 4) / 20)
    assert shown(*BEGIN, (0, 4), (3, 1)) is None
    assert shown(*BEGIN, (300, 4)) is None


def test_a_burst_without_a_consumer_begins_with_what_the_last_one_has_shown():
    ended = (*BEGIN, (0, 4), (0, 0))
    assert shown(*ended, (29, 0), (200, 0)) == shown(*ended)
    assert shown(*ended, (200, 0), (199, 1)) == shown(*ended)
    assert shown(*ended, (29, 1), (200, 0)) is None


@given(
    service=st.floats(0.05, 5),
    prefetch=st.integers(1, 5),
    before=st.integers(0, 3),
    joined=st.integers(1, 6),
    join_at=st.integers(0, 9),
    offset=st.floats(0, 1, exclude_max=True),
    messages=st.integers(30, 400),
)
def test_no_replica_is_slower_than_the_bound(  # noqa: PLR0917 - by name
    service, prefetch, before, joined, join_at, offset, messages
):
    """Consumers with one worker each, of which some join later, take a backlog."""
    result = FallingBacklog()
    for second in range(30):
        held = [1 + int(second / service + offset) - 1] * before
        if second >= join_at:
            held += [prefetch + int((second - join_at) / service)] * joined
        consumers = len(held)
        ready = max(0, messages - sum(held))
        result = result.observe(
            ready,
            consumers,
            float(second),
            consuming=float(consumers),
            prefetch=float(prefetch),
            arrival_rate=0.0,
        )
        bound = result.capacity
        assert bound is None or bound <= 1 / service + 1e-9


def first_burst(prefetch):
    """200 messages for 4 new replicas of 2 messages/s; statistics of before they consume."""
    none_yet = {"statistics_at": 1.0, "prefetch": Unknown("NoConsumers", "no consumer")}
    with_consumers = {"statistics_at": 6.0, "prefetch": prefetch}
    counts = [(2.0, 200, 0, none_yet), (3.0, 196, 4, none_yet)]
    counts += [(float(at), 196 - 8 * (at - 3), 4, none_yet) for at in range(4, 7)]
    counts += [(float(at), 196 - 8 * (at - 3), 4, with_consumers) for at in range(7, 9)]
    return [
        (now, reading(ready, at=now, consumers=consumers, **statistics))
        for now, ready, consumers, statistics in counts
    ]


def test_the_first_burst_shows_a_bound_before_the_statistics_know_the_prefetch_count():
    early = watched(first_burst(1.0)[:5], replicas=4).estimates
    later = watched(first_burst(1.0), replicas=4).estimates
    assert early.capacity_bound == pytest.approx(1.5)
    assert 1.5 < later.capacity_bound < 2
    assert isinstance(later.service_seconds, Unknown)
    assert recall(later).estimates.capacity_per_replica == later.capacity_per_replica


def test_a_sample_of_before_the_end_of_a_burst_makes_no_replica_faster():
    none_yet = Unknown("NoConsumers", "no consumer")
    empty = {"statistics_at": 0.0, "prefetch": none_yet}
    with_burst = {"statistics_at": 2.0, "prefetch": none_yet, "published": 200}
    readings = [(1.0, 5, 0, empty), (1.5, 200, 0, empty)]
    readings += [(at / 2, 200 - 2 * (at - 3), 2, with_burst) for at in range(4, 16)]
    read = [
        (now, reading(ready, at=now, consumers=consumers, **statistics))
        for now, ready, consumers, statistics in readings
    ]
    assert watched(read, replicas=2).estimates.capacity_bound <= 2


def test_a_greater_prefetch_count_than_was_thought_withdraws_the_bound():
    begun = first_burst(1.0)[:6]
    now, queue = first_burst(40.0)[-1]
    assert watched(begun, replicas=4).estimates.capacity_bound
    assert watched([*begun, (now, queue)], replicas=4).estimates.capacity_bound is None


def test_consumers_that_are_new_have_the_prefetch_count_of_the_last_ones():
    gone = {"consumers": 0, "statistics_at": 11.0, "prefetch": Unknown("NoConsumers", "none")}
    _, busy = first_burst(4.0)[-1]
    last = watched([*first_burst(4.0), (10.0, replace(busy, ready=0, read_at=10.0))], replicas=4)
    none = [(at, reading(ready, at=at, **gone)) for at, ready in ((12.0, 0), (13.0, 29))]
    again = watched(none, last, replicas=0)
    assert again.estimates.capacity_bound == last.estimates.capacity_bound is not None


def proposed(bound, ready=200, replicas=4):
    """What QueueWaitTime proposes for workers of one message each whose capacity is unknown."""
    estimates = Estimates(arrival_rate=0.0, workers_per_replica=1.0, capacity_bound=bound)
    queue = reading(ready, replicas, consumers=replicas, prefetch=1.0)
    workload = Workload(replicas=replicas)
    return proposal_by_wait(QueueWaitTime(), load_of((queue,)), estimates, workload)


def test_a_bound_adds_replicas_and_removes_none_however_high_it_is():
    assert proposed(1.0).replicas == 100 > proposed(None).replicas
    assert proposed(1.0, ready=20).replicas == 10 > proposed(None, ready=20).replicas
    for bound in (1000.0, None):
        assert proposed(bound) == proposed(None)
        assert proposed(bound, ready=0) == proposed(None, ready=0)
    assert not proposed(0.5, ready=20).allows_scale_down
