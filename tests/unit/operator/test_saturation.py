"""What growing messages and jumping counters show, and what they do not."""

from dataclasses import replace

import pytest

from mare.domain.growth import ReadyGrowth
from mare.domain.unknown import Unknown
from tests.unit.operator.building import reading
from tests.unit.operator.test_learning import watched


def jumping(index, *, published=8, jump_at=30, size=1_000_000, lasting=1):
    """A flow whose counters are too large by `size` in `lasting` samples."""
    wrong = size if jump_at <= index < jump_at + lasting else 0
    done = published * 5 * index + wrong
    fields = {"consumers": 2, "published": done, "acknowledged": done, "delivered": done}
    return 5.0 * index, reading(0, 4, at=5.0 * index, **fields)


def test_a_rate_that_one_sample_alone_shows_is_not_yet_supported():
    estimates = watched([jumping(index, lasting=99) for index in range(31)]).estimates
    assert estimates.arrival_rate > 100_000
    assert estimates.rate_before_jump == pytest.approx(8)
    assert estimates.supported_rate(ready=0) == pytest.approx(8)
    assert estimates.supported_rate(ready=0, rate_in_progress=12.0) == pytest.approx(12)
    grown = estimates.ready_growth.observe(2, 2, 500, 155.0)
    estimates = replace(estimates, ready_growth=grown)
    assert estimates.supported_rate(ready=500) == pytest.approx(8 + 500 / 5)
    estimates = replace(estimates, ready_growth=ReadyGrowth())
    assert estimates.supported_rate(ready=500) == pytest.approx(8 + 500 / 5)


def test_counters_of_another_broker_neither_last_as_a_rate_nor_as_a_capacity():
    estimates = watched([jumping(index, lasting=99) for index in range(33)]).estimates
    assert estimates.arrival_rate == pytest.approx(8, rel=0.01)
    assert estimates.rate_before_jump is None
    assert estimates.capacity_per_replica == pytest.approx(8, rel=0.01)


def test_a_jump_that_a_second_sample_shows_is_a_rate():
    flow_then_more = [jumping(index) for index in range(30)]
    for index in range(30, 32):
        done = 8 * 5 * 29 + 64 * 5 * (index - 29)
        fields = {"consumers": 2, "published": done, "acknowledged": done, "delivered": done}
        flow_then_more.append((5.0 * index, reading(0, 4, at=5.0 * index, **fields)))
    estimates = watched(flow_then_more).estimates
    assert (estimates.arrival_rate, estimates.rate_before_jump) == (pytest.approx(64), None)


NO_LIMIT = Unknown("NoPrefetch", "no limit")


def held(index, rate, *, capacity=2.0, prefetch=NO_LIMIT):
    """One replica that takes all messages and acknowledges what it can."""
    now = 5.0 * index
    published, acknowledged = int(rate * now), int(min(rate, capacity) * now)
    fields = {
        "consumers": 1,
        "published": published,
        "delivered": published,
        "acknowledged": acknowledged,
    }
    unacknowledged = published - acknowledged + 1
    return now, reading(0, unacknowledged, at=now, prefetch=prefetch, **fields)


@pytest.mark.parametrize("prefetch", [NO_LIMIT, 250.0])
def test_messages_that_grow_inside_a_replica_show_its_capacity_and_its_workers(prefetch):
    samples = [held(index, 10, prefetch=prefetch) for index in range(6)]
    estimates = watched(samples, replicas=1).estimates
    assert estimates.capacity_per_replica == pytest.approx(2, rel=0.001)
    assert estimates.prefetch_exceeds_workers
    assert estimates.workers_per_replica < 125


def test_messages_that_do_not_grow_show_no_saturation():
    estimates = watched([held(index, 2) for index in range(40)], replicas=1).estimates
    assert not estimates.prefetch_exceeds_workers
    assert isinstance(estimates.workers_per_replica, Unknown)


@pytest.mark.parametrize(
    ("replicas", "consumers", "ready", "needs_more"),
    [(2, 8, 8, False), (2, 8, 9, True), (8, 2, 8, False), (8, 2, 9, True)],
)
def test_replicas_need_more_for_more_ready_messages_than_consumers_and_replicas(
    replicas, consumers, ready, needs_more
):
    growth = ReadyGrowth()
    for now in (0.0, 5.0):
        growth = growth.observe(replicas, consumers, ready, now)
    assert growth.needs_more is needs_more
