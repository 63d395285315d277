"""Exponential backoff, without a clock of its own.

Libraries such as tenacity wrap a call and sleep between the attempts. The callers here compare a
deadline with a clock at each tick, or sleep themselves, so that tests control the time.
"""

from dataclasses import dataclass

_MAX_DOUBLINGS = 32


@dataclass(slots=True)
class Backoff:
    """Delays in seconds that double with each failure in a row, from `first` up to `longest`."""

    first: float
    longest: float
    failures: int = 0
    """Failures in a row."""

    def next_delay(self) -> float:
        """Count a failure and return the seconds to wait before the next attempt."""
        delay = min(self.longest, self.first * 2.0 ** min(self.failures, _MAX_DOUBLINGS))
        self.failures += 1
        return delay

    def reset(self) -> None:
        self.failures = 0


@dataclass(slots=True)
class RetryTimer(Backoff):
    due: float = 0.0
    """Time from which the next attempt is allowed."""

    def failed(self, now: float) -> None:
        self.due = now + self.next_delay()

    def succeeded(self) -> None:
        self.reset()
        self.due = 0.0
