"""The past in numbers: what a chart gets back is what was seen, and gaps stay gaps."""

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare.loop.time_series import SPANS, UNKNOWN, Sample, Span, TimeSeries

TEN_MINUTES, HOUR, DAY = SPANS


def test_spans_are_those_of_the_charts():
    found = [(span.name, span.seconds) for span in SPANS]
    assert found == [("10m", 600), ("1h", 3_600), ("24h", 86_400)]


def numbers(depth, count=1):
    return Sample(depth, 0.5, count, count, count)


def ring_of(span, samples):
    ring = TimeSeries(span)
    for at, each in samples:
        ring.add(at, each)
    return ring


def test_each_second_is_stored_and_a_missing_one_is_a_gap():
    ring = ring_of(TEN_MINUTES, [(100.2, numbers(1)), (101.3, numbers(2)), (120.0, numbers(3))])
    samples = dict(ring.samples(121.0))
    assert [samples[at].depth for at in (100.0, 101.0, 120.0, 121.0)] == [1, 2, 3, 3]
    assert all(math.isnan(samples[float(at)].depth) for at in range(102, 120))
    assert samples[110.0].desired is None


def test_a_slot_without_a_sample_is_no_gap_if_the_next_sample_comes_soon():
    samples = dict(ring_of(TEN_MINUTES, [(100, numbers(4)), (103, numbers(5))]).samples(103.5))
    assert [samples[float(at)].depth for at in range(100, 104)] == [4, 4, 4, 5]


def test_a_long_slot_keeps_the_peak_and_the_last_count():
    samples = [(0, numbers(3, 1)), (20, numbers(90, 2)), (40, numbers(5, 4)), (59, UNKNOWN)]
    [(_, sample)] = ring_of(DAY, samples).samples(59.0)
    assert sample.depth == 90
    assert (sample.ready, sample.current, sample.desired) == (None, None, None)


def test_the_present_is_unknown_when_samples_end():
    samples = list(ring_of(TEN_MINUTES, [(100, numbers(4))]).samples(150))
    assert samples[0][1].depth == 4
    assert samples[-1][0] == 150
    assert math.isnan(samples[-1][1].depth)


@pytest.mark.parametrize("span", SPANS)
def test_the_oldest_goes_first(span):
    ring = TimeSeries(span)
    for slot in range(3 * span.slots):
        ring.add(slot * span.step, numbers(slot % 7))
    now = (3 * span.slots - 1) * span.step
    samples = list(ring.samples(now))
    assert len(samples) == span.slots
    assert samples[-1][0] == now
    assert now - span.seconds <= ring.since <= samples[0][0]


@given(st.lists(st.sampled_from([0, 0, 0, 1, 2, 70_000]), min_size=1, max_size=80))
def test_repeated_samples_are_stored_once_and_read_back_complete(depths):
    ring = ring_of(TEN_MINUTES, [(1000 + n, numbers(depth)) for n, depth in enumerate(depths)])
    assert [sample.depth for _, sample in ring.samples(1000 + len(depths) - 1)] == depths


@given(
    st.lists(
        st.tuples(st.sampled_from([0.4, 0.4, 1, 3, 7, 30]), st.sampled_from([0, 0, 1, 5])),
        min_size=1,
        max_size=60,
    )
)
def test_each_slot_has_the_samples_of_its_time(samples):
    span, at = Span("x", 2, 1000), 1000.0
    ring, seen, last = TimeSeries(span), {}, None
    for pause, depth in samples:
        at += pause
        slot = int(at // span.step)
        if last is not None:
            held = math.nan if pause > 5 else seen[last]
            seen.update(dict.fromkeys(range(last + 1, slot), held))
        seen[slot] = max(seen.get(slot, 0), depth)
        last = slot
        ring.add(at, numbers(depth))
    found = {int(moment // span.step): sample.depth for moment, sample in ring.samples(at)}
    assert list(found) == list(seen)
    assert list(map(float, found.values())) == pytest.approx(list(seen.values()), nan_ok=True)


def test_a_day_without_changes_costs_next_to_nothing_and_a_changing_one_is_bounded():
    idle, busy = TimeSeries(DAY), TimeSeries(DAY)
    for minute in range(3000):
        idle.add(minute * 60, numbers(0, 0))
        for second in range(0, 60, 15):
            busy.add(minute * 60 + second, numbers(minute + second))
    assert sys.getsizeof(idle._stretches) < 200
    assert sys.getsizeof(busy._stretches) < 1.3 * 18 * DAY.slots
