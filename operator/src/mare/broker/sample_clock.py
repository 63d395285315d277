"""When to ask for statistics that the broker renews by its own clock, and of what moment they are.

RabbitMQ samples its counters every 5 s (measured: 5.002 s, give or take 0.03 s). Asked every 5 s by
another clock, it tells nearly the same moment of its period for an hour, and then, when the two
pass each other, the same numbers twice or those of two periods at once: a rate of zero or of twice
what it is, in which the estimates would see a jump. Asked more often than it renews, it does so all
the time. So the same numbers again are no news until a renewal must have come, and numbers that
changed are of a moment between the question before and this one.
"""

from collections import deque
from collections.abc import Mapping
from itertools import pairwise
from statistics import fmean, median

from mare.broker.queue_statistics import QueueStatistics
from mare.domain.unknown import known

_EARLIER_SECONDS = 0.025
"""As much as one renewal strays, so that no renewal is passed over."""
_USUAL_SECONDS = 5.0
"""RabbitMQ's own period, which is taken for a broker's until its counters tell of another one."""
_SURE = 1.1
"""Periods after numbers that changed within which they change again, unless nothing comes."""
_LONGEST_SECONDS = 10.0
"""Rarer changes than this are taken for work that comes in batches, as that of a cron job, and what
is renewed more rarely is older than `stalenessSeconds` at its default."""
_CHANGES = 17
"""Their mean gap is off by a sixteenth of the pause between questions, which no rounding turns."""
_SILENCE = 1.8
"""Gaps that are so much longer than the median have no message at one renewal or more."""
_MANY = 4
"""Messages of a change of which some would have been told before, had there been a renewal."""

Counts = tuple[int, int, int]


class SampleClock:
    """Asks every `period` seconds or a little more often, and half a period later when in doubt."""

    def __init__(self, period: float) -> None:
        self._asking = period
        self._counted: dict[str, Counts] = {}
        self._asked = self._changed = self._told = float("-inf")
        self._renewed: float | None = None
        self._changes: deque[tuple[float, int]] = deque(maxlen=_CHANGES)
        """When counters changed, and by how much."""
        self.pause = period - _EARLIER_SECONDS
        """Seconds from the last question to the next one."""

    def moment(self, now: float, queues: Mapping[str, QueueStatistics]) -> float | None:
        """The moment that an answer tells of; None if it is the last one once more."""
        counted = {name: _counted(each) for name, each in queues.items()}
        grown = [_grown(count, counted.get(name, count)) for name, count in self._counted.items()]
        changed = any(grown)
        before, self._asked, self._counted = self._asked, now, counted
        if changed:
            self._changes.append((now, sum(grown)))
            self._changed = now
        period = self._renewed_every()
        self.pause = self._asking - _EARLIER_SECONDS
        if changed:
            self._told = self._renewed = self._renewal(now, max(before, now - period), period)
        elif now < self._changed + period * _SURE:
            self.pause = min(self.pause, period / 2)
            return None
        else:  # so old that the next answer, whose numbers may be new, is a period younger
            self._renewed = None
            self._told = max(self._told, now + self._asking - period)
        return self._told

    def _renewal(self, now: float, earliest: float, period: float) -> float:
        """The last one: whole periods after the one before, as far as the questions allow it."""
        if self._renewed is None:
            return now
        periods = max(1, (now - self._renewed) // period)
        return min(max(self._renewed + periods * period, earliest), now)

    def _renewed_every(self) -> float:
        """Seconds between renewals, whole ones as in the retention policies, which decide.

        Changes that are rare are renewals that are rare only if each has many messages.
        """
        usual = max(self._asking, _USUAL_SECONDS)
        if len(self._changes) < _CHANGES:
            return usual
        gaps = [later - earlier for (earlier, _), (later, _) in pairwise(self._changes)]
        longest = _SILENCE * median(gaps)
        found = max(self._asking, round(fmean(gap for gap in gaps if gap < longest)))
        few = min(messages for _, messages in self._changes) < _MANY
        return usual if found > usual and (few or found > _LONGEST_SECONDS) else found


def _counted(queue: QueueStatistics) -> Counts:
    """The messages that came and went so far."""
    return known(queue.published, 0), known(queue.delivered, 0), known(queue.acknowledged, 0)


def _grown(before: Counts, after: Counts) -> int:
    """The most messages that came or went; a counter that began anew has changed as well."""
    return max(abs(new - old) for old, new in zip(before, after, strict=True))
