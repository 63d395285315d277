"""How old statistics can be.

Measured on RabbitMQ 4.0.5 (docs/measurements/statistics.md): a queue reports its counts every 5 s
at a time of its own, and the management plugin copies them every 5 s. So a count in a response is
up to 10 s old; the oldest one of 48 was 9.7 s. RabbitMQ caches a list for five times as long as the
list took.
"""

from collections import deque

BROKER_SECONDS = 5.0
"""RabbitMQ's `collect_statistics_interval` and the shortest interval of its retention policies."""
_PERIODS = 2.2
"""A queue's period and the plugin's, each up to a tenth longer under load."""
_CACHE_FACTOR = 5
"""`management_db_cache_multiplier`."""
_RESPONSES = 12


class SampleAge:
    """Bounds the time at which the counts in a response were sampled."""

    def __init__(self, broker_seconds: float) -> None:
        self._longest = _PERIODS * broker_seconds
        self._seconds: deque[float] = deque(maxlen=_RESPONSES)

    def sampled_after(self, requested_at: float, answered_at: float) -> float:
        """A time that is certainly before the sample."""
        self._seconds.append(max(0.0, answered_at - requested_at))
        return requested_at - self._longest - _CACHE_FACTOR * max(self._seconds)
