"""When a callback is sent again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mare_services.contract.callbacks import DeliveryProgress

JITTER = 0.2
"""Part of a delay by which it varies in both directions, so that callbacks that failed together are
not sent together again."""
SHORTEST_PARKING = 1.0
"""Seconds. What is left of a delay after the long queues passes through a queue of this delay."""
LONGEST_POSTPONEMENT = 60.0
LIFETIME = 1.25
"""A callback that is postponed again and again is given up after this multiple of the schedule."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The delays before the second attempt and later ones. Times are seconds since the epoch."""

    delays: Sequence[float]

    @property
    def parkings(self) -> tuple[float, ...]:
        """The delays of the queues in which callbacks wait, longest first."""
        return tuple(sorted({SHORTEST_PARKING, *self.delays}, reverse=True))

    def parking(self, seconds: float) -> float | None:
        """Return the longest delay of a queue within ``seconds``, None if it is time.

        Less than the shortest delay is rounded up to it: an attempt before the end of Retry-After
        would find the circuit breaker open. It is time, too, if the wait is longer than any: a
        clock that was ahead has set its end.
        """
        longest = max((1 + JITTER) * max(self.delays), 2 * LONGEST_POSTPONEMENT)
        if not 0 < seconds <= longest:
            return None
        return next((delay for delay in self.parkings if delay <= seconds), self.parkings[-1])

    def begin(self, progress: DeliveryProgress, now: float) -> DeliveryProgress:
        """Return the progress with the start of its schedule, which is not later than `now`."""
        return progress if 0 < progress.since <= now else replace(progress, since=now)

    def retry(
        self, progress: DeliveryProgress, now: float, draw: float, *, at_least: float = 0.0
    ) -> DeliveryProgress | None:
        """Return the progress after a failed attempt, None after the last."""
        if progress.step >= len(self.delays) or self._is_over(progress, now):
            return None
        delay = self.delays[progress.step] * (1 - JITTER + 2 * JITTER * draw)
        return replace(
            progress,
            attempts=progress.attempts + 1,
            step=progress.step + 1,
            deferred=0,
            not_before=now + max(delay, min(at_least, max(self.delays))),
        )

    def postpone(
        self, progress: DeliveryProgress, now: float, draw: float
    ) -> DeliveryProgress | None:
        """Return the progress of a callback that the bounds of its destination hold back.

        The wait is a multiple of one parking: 60 to 120 s are 2.5 messages instead of 8, so that
        thousands of callbacks to a slow host leave time for the others.
        """
        if self._is_over(progress, now):
            return None
        delay = min(2.0**progress.deferred, LONGEST_POSTPONEMENT) * (1 + draw)
        delay -= delay % (self.parking(delay) or delay)
        deferred = min(progress.deferred + 1, 16)
        return replace(progress, deferred=deferred, not_before=now + delay)

    def _is_over(self, progress: DeliveryProgress, now: float) -> bool:
        return now - progress.since > max(LIFETIME * sum(self.delays), LONGEST_POSTPONEMENT)
