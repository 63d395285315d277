"""What gazetteers, geocoders and weather sources are asked, and what they return."""

from collections.abc import Sequence
from dataclasses import dataclass

from mare_services.contract.places import Language
from mare_services.contract.weather import Weather
from mare_services.weather.domain.cities import City


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The weather according to a source, and the attribution that the source requires."""

    weather: Weather
    attribution: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Namesakes:
    """Cities with one name, the largest first. Alternate names are in other languages or short."""

    primary: Sequence[City]
    alternate: Sequence[City]


@dataclass(frozen=True, slots=True)
class Zone:
    """A civil time zone (IANA name) and its country (ISO 3166-1 alpha-2)."""

    name: str
    country: str | None


@dataclass(frozen=True, slots=True)
class NameQuery:
    """A query to a geocoder: a name as typed, and the country if it is known."""

    name: str
    country: str | None
    lang: Language
