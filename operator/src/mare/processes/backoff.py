"""How long to wait before a process that ended is started again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waits double with each early end; a process that lived long enough starts from the first."""

    first: float = 0.5
    """Seconds."""

    longest: float = 30.0
    """Seconds."""

    healthy: float = 10.0
    """Seconds of life after which an end no longer counts as a failure to start."""

    def failures(self, before: int, lived: float) -> int:
        """Return the failures in a row, now that a process ended after ``lived`` seconds."""
        return 0 if lived >= self.healthy else before + 1

    def delay(self, failures: int) -> float:
        """Return seconds to wait; ``failures`` is 0 or 1 for the first wait."""
        doublings = min(max(failures - 1, 0), 32)
        return float(min(self.longest, self.first * 2**doublings))
