"""The work itself: where, what weather, which mood, what music."""

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from mare_services.contract.conditions import in_words
from mare_services.contract.music import Composed, MusicRequest, check_limit
from mare_services.contract.places import Located, Place, PlaceQuery
from mare_services.contract.suggestion import Suggestion, SuggestionRequest
from mare_services.contract.units import in_units
from mare_services.contract.weather import Observed
from mare_services.playlists.domain.policies import choose
from mare_services.playlists.ports import MusicSource, WeatherSource


def seed_for(place: Place, day: date, seed: str) -> str:
    """Return the same text for the same place, local date and caller's seed.

    A point without an id is known by its coordinates to two decimals, about a kilometre.
    """
    where = f"{place.latitude:.2f},{place.longitude:.2f}" if place.id is None else str(place.id)
    return f"{where}/{day.isoformat()}/{seed}"


def suggest(
    request: SuggestionRequest,
    *,
    weather: WeatherSource,
    music: MusicSource,
    now: datetime,
    default_market: str,
) -> Suggestion:
    """Return a playlist that fits the weather at the place now.

    Raises :class:`~mare_services.contract.errors.InvalidRequest` for a limit outside 1 to 50, and
    whatever the two sources raise.
    """
    check_limit(request.limit)
    located = weather.locate(_query(request))
    observed = weather.current(located.place)
    there = now.astimezone(ZoneInfo(located.place.timezone))
    mood = choose(request.policy, observed.weather, there.hour, request.lang)
    composed = music.compose(
        MusicRequest(
            mood=mood.mood,
            market=request.market or located.place.country_code or default_market,
            lang=request.lang,
            limit=request.limit,
            seed=seed_for(located.place, there.date(), request.seed),
            explicit=request.explicit,
        )
    )
    shown = in_units(observed.weather, request.units)
    return Suggestion(
        place=located.place,
        weather=replace(shown, condition=in_words(shown.condition, request.lang)),
        mood=mood,
        playlist=composed.playlist,
        alternatives=located.alternatives,
        degraded=_degraded(observed, composed),
        attribution=_thanks(located, observed, composed),
    )


def _query(request: SuggestionRequest) -> PlaceQuery:
    return PlaceQuery(**{each.name: getattr(request, each.name) for each in fields(PlaceQuery)})


def _degraded(observed: Observed, composed: Composed) -> tuple[str, ...]:
    parts = (("weather", observed.degraded), ("music", composed.degraded))
    return tuple(name for name, degraded in parts if degraded)


def _thanks(*answers: Located | Observed | Composed) -> tuple[str, ...]:
    lines: Iterable[str] = (line for answer in answers for line in answer.attribution)
    return tuple(dict.fromkeys(lines))
