"""The parts of a place query: coordinates, or a name and the areas that contain it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from mare_services.contract.errors import InvalidRequest
from mare_services.contract.places import PlaceQuery
from mare_services.weather.domain.coordinates import Point, checked
from mare_services.weather.domain.names import clean, fold

MAX_AREA_WORDS = 5
"""Words behind a name that may be areas: ``rio grande do sul brasil``."""

MAX_WORDS_OF_AN_AREA = 4
"""Words of one area: ``rio grande do sul``."""


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
        return fold(self.text)


def parse_query(query: PlaceQuery) -> Point | Name:
    """Return the point or the name of a query, or raise ``InvalidRequest``."""
    coordinates = {"lat": query.latitude, "lon": query.longitude}
    given = [name for name, value in coordinates.items() if value is not None]
    if query.city is not None and given:
        raise InvalidRequest.of("Give either a city or coordinates.", "city", *given)
    if query.latitude is not None and query.longitude is not None:
        if areas := [name for name in ("country", "state") if getattr(query, name) is not None]:
            raise InvalidRequest.of("country and state need a city.", *areas)
        return checked(query.latitude, query.longitude)
    if given:
        raise InvalidRequest.of("lat and lon need each other.", *(coordinates.keys() - given))
    if query.city is None:
        raise InvalidRequest.of("Give a city, or lat and lon.", "city", "lat", "lon")
    text, *qualifiers = (part.strip() for part in clean(query.city, "city").split(","))
    if not fold(text):
        raise InvalidRequest.of("city contains no letters or digits.", "city")
    return Name(
        text=text,
        qualifiers=tuple(filter(None, map(fold, qualifiers))),
        country=fold(clean(query.country, "country")) if query.country is not None else None,
        state=fold(clean(query.state, "state")) if query.state is not None else None,
    )


def interpretations(name: Name, is_area: Callable[[str], bool]) -> list[Name]:
    """Return the whole name, and its first words if the words behind them are areas.

    ``london uk`` also means ``london, uk``; ``sao paulo sp brasil`` also means ``sao paulo, sp,
    brasil``. The longest name comes first. At most five words are treated as areas.
    """
    words = name.key.split()
    return [
        name,
        *(
            replace(name, text=" ".join(words[:cut]), qualifiers=(*areas, *name.qualifiers))
            for cut in range(len(words) - 1, max(len(words) - 1 - MAX_AREA_WORDS, 0), -1)
            for areas in _divided(words[cut:], is_area)
        ),
    ]


def _divided(words: Sequence[str], is_area: Callable[[str], bool]) -> Iterator[tuple[str, ...]]:
    """Yield every division of the words into areas; none if a word belongs to no area."""
    if not words:
        yield ()
    for length in range(1, min(MAX_WORDS_OF_AN_AREA, len(words)) + 1):
        area = " ".join(words[:length])
        if is_area(area):
            for rest in _divided(words[length:], is_area):
                yield (area, *rest)
