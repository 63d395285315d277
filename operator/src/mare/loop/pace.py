"""How often an object is looked at: as often as the budget of reads allows, within bounds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds between two looks at an object.

    Objects at rest come first: only a message in their queue can wake them, and somebody waits for
    it. They have the budget for themselves, the others share it with all.
    """

    shortest: float = 0.25
    longest: float = 1.0
    reads_per_second: float = 400.0

    def period(self, reads: int) -> float:
        """The period at which this many reads stay within the budget."""
        return min(max(reads / self.reads_per_second, self.shortest), self.longest)


def phase(number: int) -> float:
    """A share of a period for the object of this number, so that all are spread over it evenly."""
    return number * 0.618033988749895 % 1.0  # the golden ratio: each new one falls in a wide gap
