"""Messages that are acknowledged before they are processed delay a scale-down."""

import pytest

from mare.domain.reason import Reason
from mare.domain.spec import QueueLength, ScalingSpec
from tests.unit.operator.building import UNREACHABLE, Timeline, missing, reading

LENGTH = (QueueLength(messages_per_replica=1),)


def delivered(count: int, *, at: float, **given):
    return reading(at=at, published=count, delivered=count, acknowledged=count, **given)


def early(time: Timeline, seconds: int) -> None:
    """Consumers acknowledge what they receive, while messages wait."""
    for _ in range(seconds // 5):
        time.now += 5
        time.read(delivered(int(time.now), at=time.now, ready=20))


def test_acknowledgement_on_receipt_is_detected():
    time = Timeline(ScalingSpec(max_replicas=5, targets=LENGTH), 5)
    early(time, 15)
    assert not time.history.early_acknowledgement.is_early
    early(time, 5)
    assert time.history.early_acknowledgement.is_early


def test_an_unacknowledged_message_shows_late_acknowledgement():
    time = Timeline(ScalingSpec(max_replicas=5, targets=LENGTH), 5)
    early(time, 30)
    time.now += 5
    time.read(delivered(100, at=time.now, ready=20, unacknowledged=1))
    assert not time.history.early_acknowledgement.is_early


@pytest.mark.parametrize("unacknowledged", [0, 1])
def test_messages_that_are_never_unacknowledged_are_not_known_to_be_visible(unacknowledged):
    """The counters stay the same while a message is unacknowledged."""
    time = Timeline(ScalingSpec(max_replicas=5, targets=LENGTH), 5)
    for count in range(12):
        time.now += 5
        time.read(delivered(count, at=time.now))
        assert not time.history.early_acknowledgement.are_unseen or count >= 10
    assert time.history.early_acknowledgement.are_unseen
    time.now += 5
    time.read(delivered(11, at=time.now, unacknowledged=unacknowledged))
    assert time.history.early_acknowledgement.are_unseen == (unacknowledged == 0)


@pytest.mark.parametrize("all_away", [True, False])
def test_counters_of_queues_that_were_away_are_no_deliveries(all_away):
    time = Timeline(ScalingSpec(max_replicas=5, targets=LENGTH), 5)
    for is_away in (False, False, True, False):
        time.now += 5
        one, other = (delivered(10**6, at=time.now, name=name) for name in ("one", "other"))
        rest = UNREACHABLE if all_away else (one, missing(at=time.now))
        time.read(queues=rest if is_away else (one, other))
    assert time.history.early_acknowledgement.unseen == 0


def test_recently_begun_messages_count_and_prefetched_ones_do_not():
    """Celery takes tasks in advance, and acknowledges each when it begins."""
    spec = ScalingSpec(max_replicas=5, targets=LENGTH, drain_seconds=20, cooldown_seconds=0)
    time = Timeline(spec, 3)
    for second in range(60):
        time.now += 1
        begun = min(3, second // 10)
        time.read(reading(0, 3 - begun, at=time.now, published=3, delivered=3, acknowledged=begun))
    assert time.history.early_acknowledgement.acknowledged_recently(20, 35.0) == (2, 51.0)


def test_messages_of_before_the_first_counters_may_still_run():
    spec = ScalingSpec(max_replicas=5, targets=LENGTH, drain_seconds=40, cooldown_seconds=0)
    time = Timeline(spec, 2)
    for _ in range(80):
        time.now += 1
        time.read(delivered(2, at=time.now))
        assert time.replicas == (2 if time.now <= 40 else time.replicas)
    assert time.replicas == 0


def test_an_empty_queue_shows_nothing():
    """Messages that are gone at once may also be fast ones."""
    time = Timeline(ScalingSpec(max_replicas=5, targets=LENGTH), 5)
    for _ in range(20):
        time.now += 5
        time.read(delivered(int(time.now), at=time.now))
    assert not time.history.early_acknowledgement.is_early


@pytest.mark.parametrize(("drain", "until"), [(None, 30), (120, 120), (0, 0)])
def test_automatic_acknowledgement_delays_scale_down(drain: int | None, until: int):
    spec = ScalingSpec(max_replicas=5, targets=LENGTH, drain_seconds=drain, cooldown_seconds=0)
    time = Timeline(spec, 5)
    time.read(delivered(0, at=0.0, ready=5, automatic=True))
    for _ in range(200):
        time.now += 1
        time.read(delivered(3, at=time.now, automatic=True))
    counts = [decision.replicas for decision in time.decisions]
    assert counts[16:until] == [3] * len(counts[16:until])
    assert counts[max(until, 16) + 4] == 0


def test_drain_seconds_apply_without_any_detection():
    time = Timeline(ScalingSpec(max_replicas=5, targets=LENGTH, drain_seconds=60), 1)
    time.decide(ready=1)
    for _ in range(60):
        time.now += 1
        decision = time.read(delivered(5, at=time.now))
    assert decision.reason is Reason.DRAINING
    assert "5 messages acknowledged in the last 60 s may still be processed" in decision.message
    for _ in range(5):
        time.now += 1
        time.read(delivered(5, at=time.now))
    assert time.replicas == 0


def test_late_acknowledgement_delays_nothing():
    time = Timeline(ScalingSpec(max_replicas=5, targets=LENGTH, cooldown_seconds=0), 5)
    time.read(delivered(0, at=0.0, ready=5))
    for _ in range(20):
        time.now += 1
        time.read(delivered(3, at=time.now))
    assert time.replicas == 0


def test_the_later_one_of_drain_seconds_and_cooldown_is_the_predicted_time():
    """At 39 s the scale-down was predicted for 40 s, and came at the end of the cooldown, 70 s."""
    spec = ScalingSpec(max_replicas=5, targets=LENGTH, drain_seconds=30, cooldown_seconds=60)
    time = Timeline(spec, 1)
    time.read(delivered(0, at=0.0, ready=5))
    for second in range(1, 40):
        time.now = float(second)
        count = min(5, second // 2)
        decision = time.read(delivered(count, at=time.now, ready=5 - count))
    predicted = decision.until
    assert decision.reason is Reason.COOLING_DOWN
    while time.replicas and time.now < 100:
        time.now += 1
        time.read(delivered(5, at=time.now))
    assert (time.replicas, time.now) == (0, predicted)


def test_a_long_drain_remembers_few_times_and_none_too_short():
    """720 updates of an hour took 89 kB an object. Up to a 30th of the hour is added to each."""
    time = Timeline(ScalingSpec(max_replicas=5, targets=LENGTH, drain_seconds=3_600), 2)
    for number in range(1, 721):
        time.now += 5
        time.read(delivered(3 * number, at=time.now))
    found = time.history.early_acknowledgement
    assert len(found.recent) <= 31
    assert found.acknowledged_recently(3_600, time.now) == (3 * 720, time.now + 3_600)
    for later in range(0, 3_600, 60):
        count, until = found.acknowledged_recently(3_600, time.now + later)
        exact = 3 * (720 - later // 5)
        assert exact <= count <= exact + 3 * 24
        assert until == time.now + 3_600
