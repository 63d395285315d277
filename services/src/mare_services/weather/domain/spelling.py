"""Corrections of misspelt names."""

from collections.abc import Sequence
from dataclasses import dataclass

from mare_services.weather.domain.cities import City
from mare_services.weather.domain.names import fold

SHORTEST = 5
"""Letters. One edit changes too many shorter names into others (Lome, Lima, Rome)."""

LONGEST = 60
"""Letters. Longer names are not compared, to bound the time."""

TWO_EDITS_FROM = 12
"""Letters from which two edits are corrected."""

SLIPS = 2
"""Edits up to which a misspelling is likelier than an incomplete name."""

MIN_POPULATION = 100_000
"""Inhabitants. Smaller cities are no corrections: Gotham is not a misspelling of Gotha."""

DOMINANCE = 5
"""A correction is this many times larger than every other candidate."""

SUGGESTED = 0.6
"""Share of correct letters from which a name is suggested."""


@dataclass(frozen=True, slots=True)
class Near:
    """The largest city of a name that resembles the typed one, and the letters to edit."""

    key: str
    edits: int
    city: City


def is_comparable(key: str) -> bool:
    """Return whether a folded name is compared with all others."""
    return SHORTEST - 2 <= len(key) <= LONGEST


def meant(typed: str, near: Sequence[Near]) -> Near | None:
    """Return the correction of ``typed``, or ``None`` if it is ambiguous.

    Only the closest names count. If they belong to several cities, one must be much larger. The
    first letter must be the same, as in nearly all misspellings.
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
    is_likely = best.city.population >= MIN_POPULATION and best.key[0] == typed[0]
    return best if dominates and is_likely else None


def ranked(near: Sequence[Near]) -> list[City]:
    """Return the cities of the names, each once: closest first, own names first, largest first."""

    def order(candidate: Near) -> tuple[int, bool, int]:
        is_foreign = fold(candidate.city.name) != candidate.key
        return candidate.edits, is_foreign, -candidate.city.population

    return list({near.city.id: near.city for near in sorted(near, key=order)}.values())
