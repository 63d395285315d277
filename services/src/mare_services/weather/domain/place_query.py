"""What a query asks for: coordinates, or a name and where it should lie."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from mare_services.contract.errors import InvalidRequest
from mare_services.contract.places import PlaceQuery
from mare_services.weather.domain.coordinates import checked
from mare_services.weather.domain.names import clean, fold

MOST_AREA_WORDS = 5
"""Words behind a name that may say where it lies: ``rio grande do sul brasil``."""

LONGEST_AREA = 4
"""Words of one area, as in ``rio grande do sul``."""


@dataclass(frozen=True, slots=True)
class Point:
    """Coordinates in degrees, checked."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name and the areas named with it.

    Attributes:
        text: the name as typed, cleaned, without what followed a comma.
        qualifiers: folded, from behind the commas: any kind of area.
        country: folded; a country's name or code.
        state: folded; a first-level division's name or letters.
    """

    text: str
    qualifiers: tuple[str, ...] = ()
    country: str | None = None
    state: str | None = None

    @property
    def key(self) -> str:
        """The folded name."""
        return fold(self.text)


def asked(query: PlaceQuery) -> Point | Name:
    """Return what is asked for, or raise :class:`InvalidRequest` for too much or too little."""
    if query.latitude is not None or query.longitude is not None:
        if query.latitude is None or query.longitude is None:
            raise InvalidRequest("lat and lon belong together.")
        if query.city is not None:
            raise InvalidRequest("Ask by city or by lat and lon, not by both.")
        return Point(*checked(query.latitude, query.longitude))
    if query.city is None:
        raise InvalidRequest("Ask by city or by lat and lon.")
    text, *qualifiers = (part.strip() for part in clean(query.city, "city").split(","))
    if not fold(text):
        raise InvalidRequest("city holds no letters.")
    return Name(
        text=text,
        qualifiers=tuple(filter(None, map(fold, qualifiers))),
        country=fold(clean(query.country, "country")) if query.country is not None else None,
        state=fold(clean(query.state, "state")) if query.state is not None else None,
    )


def interpretations(name: Name, is_area: Callable[[str], bool]) -> list[Name]:
    """Return what a name may mean: all of it, or its first words, lying in the areas that follow.

    ``london uk`` and ``sao paulo sp brasil`` are read as ``london, uk`` and ``sao paulo, sp,
    brasil``. The longest name comes first. At most five words are taken for areas.
    """
    words = name.key.split()
    return [
        name,
        *(
            replace(name, text=" ".join(words[:cut]), qualifiers=(*areas, *name.qualifiers))
            for cut in range(len(words) - 1, max(len(words) - 1 - MOST_AREA_WORDS, 0), -1)
            for areas in _divided(words[cut:], is_area)
        ),
    ]


def _divided(words: Sequence[str], is_area: Callable[[str], bool]) -> Iterator[tuple[str, ...]]:
    """Yield every way to divide the words into areas, none if there is a word that is no area."""
    if not words:
        yield ()
    for length in range(1, min(LONGEST_AREA, len(words)) + 1):
        area = " ".join(words[:length])
        if is_area(area):
            for rest in _divided(words[length:], is_area):
                yield (area, *rest)
