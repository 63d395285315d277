"""When a name that nobody has is close enough to one that somebody has."""

from collections.abc import Sequence
from dataclasses import dataclass

from mare_services.weather.domain.cities import City
from mare_services.weather.domain.names import fold

SHORTEST = 5
"""Letters; below that, one edit turns too many names into others (Lome, Lima, Rome)."""

LONGEST = 60
"""Letters; longer names are not compared, so that the time for it stays bounded."""

TWO_EDITS_FROM = 12
"""Letters from which two edits may still be answered directly."""

SLIPS = 2
"""Edits up to which a misspelling is likelier than an unfinished name."""

LIKELY = 100_000
"""People; who misspells a name most likely means a larger city, and Gotham is not Gotha."""

DOMINANCE = 5
"""How many times larger than every other candidate a city has to be to be meant."""

SUGGESTED = 0.6
"""Share of letters that have to be right for a name to be suggested."""


@dataclass(frozen=True, slots=True)
class Near:
    """A known name close to what was typed.

    Attributes:
        edits: insertions, deletions, substitutions and swaps of neighbours between the two.
        city: the largest of that name.
    """

    key: str
    edits: int
    city: City


def is_comparable(key: str) -> bool:
    """Return whether a folded name is worth comparing with all others."""
    return SHORTEST - 2 <= len(key) <= LONGEST


def meant(typed: str, near: Sequence[Near]) -> Near | None:
    """Return the one name that ``typed`` can only mean, or ``None``.

    Only the closest names count. If they belong to several cities, one of them has to dominate. The
    first letter has to be right, as it nearly always is in a misspelling.
    """
    if not near or len(typed) < SHORTEST:
        return None
    edits = min(candidate.edits for candidate in near)
    if edits > (2 if len(typed) >= TWO_EDITS_FROM else 1):
        return None
    closest = [candidate for candidate in near if candidate.edits == edits]
    best = max(closest, key=lambda candidate: candidate.city.population)
    rivals = [candidate.city for candidate in closest if candidate.city.id != best.city.id]
    dominates = all(best.city.population >= DOMINANCE * rival.population for rival in rivals)
    is_likely = best.city.population >= LIKELY and best.key[0] == typed[0]
    return best if dominates and is_likely else None


def ranked(near: Sequence[Near]) -> list[City]:
    """Return the cities of the names, each once: closest first, own names first, largest first."""

    def order(candidate: Near) -> tuple[int, bool, int]:
        is_foreign = fold(candidate.city.name) != candidate.key
        return candidate.edits, is_foreign, -candidate.city.population

    return list({near.city.id: near.city for near in sorted(near, key=order)}.values())
