"""What is learnt of a replica's capacity from intervals of the statistics."""

import pytest

from mare.domain.capacity import Capacity, DecayingSums, Interval


def test_an_older_rate_at_saturation_weighs_half_when_it_is_doubted_by_two():
    """The rate of 1/s may be 2/s by now: 1,000 messages in 500 s, half of which count."""
    old = Capacity(saturated=DecayingSums(acknowledged=1000, seconds=1000), doubt=2.0)
    new = old.observe(
        Interval(
            seconds=0.0, acknowledged=100, busy_seconds=0.0, replica_seconds=100.0, saturated=True
        )
    )

    assert new.per_replica(None) == pytest.approx((500 + 100) / (250 + 100))
