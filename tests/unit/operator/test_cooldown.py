"""When the cooldown begins."""

from mare.domain.spec import ScalingSpec
from tests.unit.operator.building import Timeline, reading


def test_the_cooldown_counts_from_the_last_statistics_with_a_message():
    time = Timeline(ScalingSpec(min_replicas=0, max_replicas=9, cooldown_seconds=30), 1)
    ended_at = None
    for second in range(60):
        time.now = float(second)
        statistics_at = float(second // 5 * 5)
        held = 1 if statistics_at <= 5 else 0
        time.read(reading(unacknowledged=held, at=time.now, statistics_at=statistics_at))
        if ended_at is None and time.replicas == 0:
            ended_at = second
    assert ended_at == 35


def test_older_statistics_of_an_empty_queue_do_not_shorten_the_cooldown():
    """The statistics of another virtual host can be 14 s old."""
    time = Timeline(ScalingSpec(min_replicas=0, max_replicas=9, cooldown_seconds=30), 1)
    ended_at = None
    for second in range(20, 80):
        time.now = float(second)
        held = 1 if second <= 25 else 0
        late = float(second - 14)
        time.read(
            reading(unacknowledged=held, at=time.now),
            reading(at=time.now, name="late", vhost="other", statistics_at=late),
        )
        if ended_at is None and time.replicas == 0:
            ended_at = second
    assert ended_at == 55
