"""Suggests a playlist: place, weather, mood, music."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from mare_services.contract.music import Composed, MusicRequest
from mare_services.contract.places import Place, PlaceQuery
from mare_services.contract.suggestion import Suggestion, SuggestionRequest
from mare_services.contract.weather import WeatherReport, for_reader
from mare_services.playlists.domain.mood import choose


def suggest(
    request: SuggestionRequest,
    *,
    observe: Callable[[PlaceQuery], WeatherReport],
    compose: Callable[[MusicRequest], Composed],
    now: datetime,
    default_market: str,
    on_weather: Callable[[WeatherReport], None] = lambda _: None,
) -> Suggestion:
    """Return a playlist that fits the weather at the place.

    Calls `on_weather` with place and weather before it requests the music. Raises the errors of the
    two services.
    """
    report = observe(_place_query(request))
    place = report.place
    shown = for_reader(report.weather, request.units, request.lang)
    on_weather(replace(report, weather=shown))
    local = now.astimezone(ZoneInfo(place.timezone))
    mood = choose(request.policy, report.weather, local.hour, request.lang)
    composed = compose(
        MusicRequest(
            mood=mood.mood,
            market=request.market or place.country_code or default_market,
            lang=request.lang,
            limit=request.limit,
            seed=_seed(place, local.date(), request.seed),
            explicit=request.explicit,
        )
    )
    return Suggestion(
        place=place,
        weather=shown,
        mood=mood,
        playlist=composed.playlist,
        alternatives=report.alternatives,
        degraded=(*report.degraded, "music") if composed.degraded else report.degraded,
        attribution=tuple(dict.fromkeys((*report.attribution, *composed.attribution))),
    )


def _place_query(request: SuggestionRequest) -> PlaceQuery:
    return PlaceQuery(**{each.name: getattr(request, each.name) for each in fields(PlaceQuery)})


def _seed(place: Place, day: date, seed: str) -> str:
    """Return the seed for a place, its local date and the caller's seed.

    A point without an id is identified by its coordinates to two decimals, about a kilometre.
    """
    where = f"{place.latitude:.2f},{place.longitude:.2f}" if place.id is None else str(place.id)
    return f"{where}/{day.isoformat()}/{seed}"
