"""What a query asks for: coordinates, or a name and where it should lie."""

from dataclasses import dataclass

from services.contract.errors import InvalidRequest
from services.contract.places import PlaceQuery
from services.weather.domain.coordinates import checked
from services.weather.domain.names import clean, fold


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


def without_trailing_area(name: Name) -> list[Name]:
    """Return readings of a name whose last words say where it lies: ``london uk``, ``recife pe``.

    The longest reading of the name comes first, with at most three words taken away.
    """
    words = name.key.split()
    return [
        Name(
            text=" ".join(words[:cut]),
            qualifiers=(" ".join(words[cut:]), *name.qualifiers),
            country=name.country,
            state=name.state,
        )
        for cut in range(len(words) - 1, max(len(words) - 4, 0), -1)
    ]
