"""An estimate of when RabbitMQ sampled the counters in a response.

RabbitMQ samples its counters every 5 s (measured: 5.002 s, standard deviation 0.02 s). A client
that polls every 5 s by its own clock drifts against that period. When the two clocks pass each
other, one response repeats the counters of the last one, or contains those of two periods. The rate
between them is zero or twice the real rate. A client that polls more often receives repeated
counters all the time.

Therefore equal counters are no new sample until a period must have ended, and the time of changed
counters lies between the previous request and this one.
"""

from collections import deque
from itertools import pairwise
from statistics import fmean, median

from mare.domain.observation import STATISTICS_SECONDS

_EARLIER_SECONDS = 0.025
"""Requests are earlier by this, the jitter of RabbitMQ's period, so that no sample is missed."""
_CERTAIN_PERIODS = 1.1
"""Equal counters are a new sample this many periods after the last change."""
_MAX_PERIOD_SECONDS = 10.0
"""Changes at longer intervals are taken for messages in batches, as from a cron job. Statistics of
a longer period are older than `stalenessSeconds` at its default anyway."""
_CHANGES = 17
"""With 17 changes, the error of the mean gap is a sixteenth of the polling period at most, which
does not change a rounded result."""
_GAP_FACTOR = 1.8
"""A gap that exceeds the median by this factor spans a sample without messages."""
_MIN_MESSAGES = 4
"""Changes of fewer messages do not show a long period: messages that rare may simply not occur in
each sample."""


class SampleClock:
    """Returns the sample time of each response and the pause before the next request.

    The pause is the polling period, or half a sampling period after repeated counters.
    """

    def __init__(self, polling_seconds: float) -> None:
        self._polling = polling_seconds
        self._requested_at = self._changed_at = self._sampled_at = float("-inf")
        self._last_sample: float | None = None
        """The time of the last sample whose counters changed; None after a sample that did not."""
        self._changes: deque[tuple[float, int]] = deque(maxlen=_CHANGES)
        """When counters changed, and by how much."""
        self._first_requested_at: float | None = None
        self.is_aligned = False
        """Whether the sample time is known to a polling period. The first counters are up to a
        sampling period old, so that a rate since then would be wrong."""
        self.pause = polling_seconds - _EARLIER_SECONDS
        """Seconds from the last request to the next one."""

    def sample_time(self, now: float, increase: int) -> float | None:
        """Return when the counters were sampled; None if they repeat the last sample.

        `increase` is by how much they differ from those of the last response: 0 if they are equal.
        """
        changed = increase > 0
        previous, self._requested_at = self._requested_at, now
        if changed:
            self._changes.append((now, increase))
            self._changed_at = now
        period = self._period()
        self.pause = self._polling - _EARLIER_SECONDS
        if self._first_requested_at is None:
            self._first_requested_at = now
        waited = now >= self._first_requested_at + period * _CERTAIN_PERIODS
        self.is_aligned = self.is_aligned or changed or waited or self._polling >= period
        if changed:
            self._last_sample = self._aligned(now, max(previous, now - period), period)
            self._sampled_at = self._last_sample
        elif now < self._changed_at + period * _CERTAIN_PERIODS:
            self.pause = min(self.pause, period / 2)
            return None
        else:
            # The next response may have a new sample, taken up to one period before it. This one
            # gets a time that is a period older than that.
            self._last_sample = None
            self._sampled_at = max(self._sampled_at, now + self._polling - period)
        return self._sampled_at

    def _aligned(self, now: float, earliest: float, period: float) -> float:
        """Return whole periods after the last sample, between `earliest` and `now`."""
        if self._last_sample is None:
            return now
        periods = max(1, (now - self._last_sample) // period)
        return min(max(self._last_sample + periods * period, earliest), now)

    def _period(self) -> float:
        """Return the sampling period in whole seconds, as RabbitMQ's retention policies define it.

        Changes at long intervals show a long period only if each has many messages.
        """
        default = max(self._polling, STATISTICS_SECONDS)
        if len(self._changes) < _CHANGES:
            return default
        gaps = [later - earlier for (earlier, _), (later, _) in pairwise(self._changes)]
        longest = _GAP_FACTOR * median(gaps)
        measured = max(self._polling, round(fmean(gap for gap in gaps if gap < longest)))
        few = min(messages for _, messages in self._changes) < _MIN_MESSAGES
        if measured > default and (few or measured > _MAX_PERIOD_SECONDS):
            return default
        return measured


_PERIODS = 2.2
"""A queue's period and the plugin's, each up to a tenth longer under load."""
_CACHE_FACTOR = 5
"""`management_db_cache_multiplier`."""
_RESPONSES = 12


class SampleAge:
    """Bounds the time at which the counts in a response were sampled.

    Measured on RabbitMQ 4.0.5 (docs/measurements/statistics.md): a queue reports its counts every
    5 s at a time of its own, and the management plugin copies them every 5 s. So a count in a
    response is up to 10 s old; the oldest one of 48 was 9.7 s. RabbitMQ caches a list for five
    times as long as the list took.
    """

    def __init__(self, broker_seconds: float) -> None:
        self._longest = _PERIODS * broker_seconds
        self._seconds: deque[float] = deque(maxlen=_RESPONSES)

    def sampled_after(self, requested_at: float, answered_at: float) -> float:
        """Return a time that is certainly before the sample."""
        self._seconds.append(max(0.0, answered_at - requested_at))
        return requested_at - self._longest - _CACHE_FACTOR * max(self._seconds)
