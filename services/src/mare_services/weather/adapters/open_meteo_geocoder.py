"""Open-Meteo's geocoding API: no key, small places too (open-meteo.com/en/docs/geocoding-api)."""

from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta, Struct

from mare_services.contract.places import Language
from mare_services.upstream.budget import Budget
from mare_services.upstream.client import JsonClient, valid_elements
from mare_services.weather.adapters.time_zones import known_zone
from mare_services.weather.domain.cities import City
from mare_services.weather.domain.coordinates import nautical_timezone

URL = "https://geocoding-api.open-meteo.com"
ATTRIBUTION = "Geocoding by Open-Meteo.com, places from GeoNames (geonames.org), CC BY 4.0"

COUNT = 100
"""Largest number of results. The API filters after it has counted."""


Text = Annotated[str, Meta(min_length=1, max_length=200)]


class Result(Struct):
    """One place. Unknown fields are absent."""

    id: Annotated[int, Meta(ge=1, le=2**53)]
    name: Text
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    feature_code: str | None = None
    country_code: Annotated[str, Meta(pattern="^[A-Z]{2}$")] | None = None
    admin1: Text | None = None
    timezone: str | None = None
    population: Annotated[float, Meta(ge=0, le=1e9)] | None = None


class Answer(Struct):
    """The part of a response that is read. Without a match there is no ``results``."""

    results: list[Any] | None = None


@dataclass(frozen=True, slots=True)
class NameQuery:
    """A query to a geocoder: a name as typed, and the country if it is known."""

    name: str
    country: str | None
    lang: Language


class OpenMeteoGeocoder:
    """A source of places by name, in the order of the API."""

    name = "open-meteo-geocoding"

    def __init__(self, client: JsonClient) -> None:
        self._client = client

    def answer(self, question: NameQuery, budget: Budget) -> tuple[City, ...]:
        """Return populated places, without airports, regions and invalid results."""
        params = {
            "name": question.name,
            "count": str(COUNT),
            "language": question.lang,
            "format": "json",
        }
        if question.country:
            params["countryCode"] = question.country
        reply = self._client.get("/v1/search", Answer, params=params, budget=budget)
        return tuple(
            _city(result)
            for result in valid_elements(reply.value.results, Result)
            if (result.feature_code or "").startswith("PPL")
            and question.country in {None, result.country_code}
        )


def _city(result: Result) -> City:
    return City(
        id=result.id,
        name=result.name,
        portuguese=None,
        country=result.country_code,
        division="",
        division_name=result.admin1,
        latitude=result.latitude,
        longitude=result.longitude,
        timezone=known_zone(result.timezone)
        or nautical_timezone(result.latitude, result.longitude),
        population=int(result.population or 0),
    )
