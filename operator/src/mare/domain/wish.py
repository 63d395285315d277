"""What a target asks for."""

from dataclasses import dataclass

from mare.domain.clause import Clause
from mare.domain.unknown import Unknown


@dataclass(frozen=True, slots=True)
class Wish:
    """What a target asks for."""

    raw: int
    """The replicas that its own sum gives."""
    replicas: int
    """The replicas to ask for: the present ones if the sum is close enough to them."""
    text: Clause
    """The sum."""
    kept: Clause | None = None
    """Why the present count is kept although the sum differs."""
    may_shrink: bool = True
    """Whether enough is known to ask for fewer replicas than there are."""
    unknown: Unknown | None = None
    """What is missing in the sum, if it is of a part of the queues only."""
