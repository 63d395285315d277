"""Who acts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leader:
    leads: bool
    """Whether it is this replica."""
    name: str | None
    """The Pod that acts; None if nobody is known to, or there is no election."""


def alone() -> Leader:
    return Leader(leads=True, name=None)
