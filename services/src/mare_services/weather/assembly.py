"""The use cases, assembled as the settings say."""

import time
from collections.abc import Sequence
from importlib.resources import files

from mare_services.contract.places import Place
from mare_services.upstream.budget import Clock
from mare_services.upstream.cache import Cache
from mare_services.upstream.client import JsonClient
from mare_services.upstream.guarded import Guarded, Source, Spawn
from mare_services.upstream.sources import CachedSources
from mare_services.weather.adapters import open_meteo_geocoder
from mare_services.weather.adapters.gazetteer import EmbeddedGazetteer
from mare_services.weather.adapters.met_no import MetNo
from mare_services.weather.adapters.open_meteo import OpenMeteo
from mare_services.weather.adapters.open_meteo_geocoder import OpenMeteoGeocoder
from mare_services.weather.adapters.openweathermap import OpenWeatherMap
from mare_services.weather.adapters.time_zones import PolygonTimeZones
from mare_services.weather.adapters.validation import Observed, TimeChecked
from mare_services.weather.domain.cities import City
from mare_services.weather.domain.climate import Climatology
from mare_services.weather.finders import (
    ExactNames,
    Finder,
    LiveNames,
    MisspeltNames,
)
from mare_services.weather.locator import Locator
from mare_services.weather.observer import Observer
from mare_services.weather.settings import Live, Settings

CLIMATOLOGY = files("mare_services.weather") / "data/climatology.bin"

STALE_LIFE = 10_800.0
"""Seconds, three hours. After that the climatology predicts the weather better."""

NEGATIVE_LIFE = 5.0
"""Seconds for which a failure of all sources is cached."""

PLACES_LIFE = 2_592_000.0
"""Seconds for which the places of a geocoder are cached, 30 days."""

NOTHING_LIFE = 300.0
"""Seconds for which it is cached that a name has no place."""

NAMES = 2_000
"""Answers of the geocoder in its cache, at most about 10 kB each."""


def observer(settings: Settings, spawn: Spawn) -> Observer:
    sources = [
        Guarded(TimeChecked(_source(name, settings)), spawn=spawn, rate=settings.calls_per_second)
        for name in settings.live_sources
    ]
    climatology = Climatology(CLIMATOLOGY.read_bytes()) if settings.embedded else None
    return Observer(live_weather(sources, settings, spawn), climatology)


def live_weather(
    sources: Sequence[Guarded[Place, Observed]],
    settings: Settings,
    spawn: Spawn,
    clock: Clock = time.monotonic,
) -> CachedSources[Place, Observed]:
    cache: Cache[object, Observed] = Cache(
        "weather",
        life=settings.cache_seconds,
        stale_life=STALE_LIFE,
        negative_life=NEGATIVE_LIFE,
        size=settings.cache_entries,
        spawn=spawn,
        clock=clock,
    )
    return CachedSources(
        sources,
        cache,
        seconds=settings.live_seconds,
        key=lambda place: (round(place.latitude, 2), round(place.longitude, 2)),
    )


def locator(settings: Settings, spawn: Spawn) -> Locator:
    gazetteer = EmbeddedGazetteer.from_package()
    return Locator(gazetteer, _finders(settings, gazetteer, spawn), PolygonTimeZones())


def _source(name: Live, settings: Settings) -> Source[Place, Observed]:
    match name:
        case "open-meteo":
            return OpenMeteo(_client(name, settings.open_meteo_url, settings))
        case "met.no":
            return MetNo(_client(name, settings.met_no_url, settings))
        case "openweathermap":
            client = _client(name, settings.openweathermap_url, settings)
            return OpenWeatherMap(client, settings.openweathermap_key)


def _finders(settings: Settings, gazetteer: EmbeddedGazetteer, spawn: Spawn) -> list[Finder]:
    embedded: list[Finder] = [ExactNames(gazetteer), MisspeltNames(gazetteer)]
    if settings.geocoder == "embedded":
        return embedded
    client = _client(OpenMeteoGeocoder.name, settings.open_meteo_geocoding_url, settings)
    source = Guarded(OpenMeteoGeocoder(client), spawn=spawn, rate=settings.calls_per_second)
    cache: Cache[object, tuple[City, ...]] = Cache(
        "geocoder",
        life=PLACES_LIFE,
        stale_life=0,
        negative_life=NOTHING_LIFE,
        size=NAMES,
        spawn=spawn,
        is_stopgap=lambda cities: not cities,
    )
    live = LiveNames(
        CachedSources([source], cache, seconds=settings.geocoder_seconds),
        open_meteo_geocoder.ATTRIBUTION,
        gazetteer,
        only_exact=settings.embedded and settings.geocoder == "auto",
        is_optional=settings.embedded,
    )
    if not settings.embedded:
        return [live]
    exact, misspelt = embedded
    return [exact, live, misspelt] if settings.geocoder == "auto" else [live, exact, misspelt]


def _client(name: str, url: str, settings: Settings) -> JsonClient:
    return JsonClient(name, url, contact=settings.contact)
