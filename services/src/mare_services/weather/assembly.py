"""The use cases, assembled as the settings say."""

from importlib.resources import files

from mare_services.contract.places import Place
from mare_services.upstream.client import JsonClient
from mare_services.upstream.guarded import Guarded, Source, Spawn
from mare_services.weather.adapters import open_meteo_geocoder
from mare_services.weather.adapters.gazetteer import EmbeddedGazetteer
from mare_services.weather.adapters.met_no import MetNo
from mare_services.weather.adapters.open_meteo import OpenMeteo
from mare_services.weather.adapters.open_meteo_geocoder import OpenMeteoGeocoder
from mare_services.weather.adapters.openweathermap import OpenWeatherMap
from mare_services.weather.adapters.time_zones import PolygonTimeZones
from mare_services.weather.adapters.validation import TimeChecked
from mare_services.weather.domain.climate import Climatology
from mare_services.weather.finders import (
    CachedGeocoder,
    ExactNames,
    Finder,
    LiveNames,
    MisspeltNames,
)
from mare_services.weather.locator import Locator
from mare_services.weather.observer import Observer
from mare_services.weather.ports import Gazetteer, Observed
from mare_services.weather.settings import Live, Settings

CLIMATOLOGY = files("mare_services.weather") / "data/climatology.bin"


def observer(settings: Settings, spawn: Spawn) -> Observer:
    return Observer(
        [
            Guarded(
                TimeChecked(_source(name, settings)), spawn=spawn, rate=settings.calls_per_second
            )
            for name in settings.live_sources
        ],
        Climatology(CLIMATOLOGY.read_bytes()) if settings.embedded else None,
        seconds=settings.live_seconds,
        cache_seconds=settings.cache_seconds,
        cache_entries=settings.cache_entries,
        spawn=spawn,
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


def _finders(settings: Settings, gazetteer: Gazetteer, spawn: Spawn) -> list[Finder]:
    embedded: list[Finder] = [ExactNames(gazetteer), MisspeltNames(gazetteer)]
    if settings.geocoder == "embedded":
        return embedded
    client = _client(OpenMeteoGeocoder.name, settings.open_meteo_geocoding_url, settings)
    geocoder = CachedGeocoder(
        Guarded(OpenMeteoGeocoder(client), spawn=spawn, rate=settings.calls_per_second),
        open_meteo_geocoder.ATTRIBUTION,
        seconds=settings.geocoder_seconds,
        spawn=spawn,
    )
    if not settings.embedded:
        return [LiveNames(geocoder, gazetteer, only_exact=False, is_optional=False)]
    live = LiveNames(geocoder, gazetteer, only_exact=settings.geocoder == "auto", is_optional=True)
    exact, misspelt = embedded
    return [exact, live, misspelt] if settings.geocoder == "auto" else [live, exact, misspelt]


def _client(name: str, url: str, settings: Settings) -> JsonClient:
    return JsonClient(name, url, contact=settings.contact)
