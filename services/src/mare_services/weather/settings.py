"""Settings of the weather service."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from mare_nameko.settings import EnvironmentSettings, Secret
from mare_services.upstream.source_settings import Rate, Url, source_mistakes
from mare_services.weather.adapters import met_no, open_meteo, open_meteo_geocoder, openweathermap

Live = Literal["open-meteo", "met.no", "openweathermap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(EnvironmentSettings):
    prefix: ClassVar[str] = "WEATHER_"

    sources: tuple[Literal["auto", "none", "open-meteo", "met.no", "openweathermap"], ...] = (
        "auto",
    )
    """Live sources in the order in which they are called: `open-meteo`, `met.no`,
    `openweathermap`. `auto`: OpenWeatherMap if it has a key, Open-Meteo, met.no. `none`: no live
    source."""

    geocoder: Literal["auto", "embedded", "open-meteo"] = "auto"
    """Source of places. `auto`: the embedded gazetteer, then Open-Meteo. `embedded`: the gazetteer
    alone. `open-meteo`: Open-Meteo first."""

    embedded: bool = True
    """Whether climatology and gazetteer are used if no live source responds. The gazetteer serves
    coordinates and searches in any case."""

    openweathermap_key: Secret = Secret()
    """API key of openweathermap.org."""

    open_meteo_url: Url = open_meteo.URL
    """Base URL of Open-Meteo's forecast API."""

    open_meteo_geocoding_url: Url = open_meteo_geocoder.URL
    """Base URL of Open-Meteo's geocoding API."""

    met_no_url: Url = met_no.URL
    """Base URL of met.no's API."""

    openweathermap_url: Url = openweathermap.URL
    """Base URL of OpenWeatherMap's API."""

    contact: str = ""
    """E-mail address or URL of the operator, for the User-Agent. met.no's terms require it."""

    live_seconds: Annotated[float, Meta(gt=0, le=30)] = 2.0
    """Seconds for all live weather sources of an answer together."""

    geocoder_seconds: Annotated[float, Meta(gt=0, le=30)] = 0.8
    """Seconds for one request to the geocoder. A name with areas behind it may need two."""

    calls_per_second: Rate = 5.0
    """Calls a second to each upstream from one process, with bursts of ten times as many. Beyond it
    the next source is used. Protects the quota that all clients share."""

    cache_seconds: Annotated[float, Meta(ge=60, le=3_600)] = 900.0
    """Seconds for which weather is fresh. For three hours more it is used, flagged as stale, if no
    source responds."""

    cache_entries: Annotated[int, Meta(ge=1)] = 20_000
    """Points in the cache, a hundredth of a degree apart, about 1 kB each."""

    def find_mistakes(self) -> list[str]:
        mistakes = source_mistakes("WEATHER_SOURCES", self.sources)
        if "openweathermap" in self.sources and not self.openweathermap_key:
            mistakes.append(
                "WEATHER_SOURCES contains openweathermap but WEATHER_OPENWEATHERMAP_KEY is not set."
            )
        if self.geocoder == "embedded" and not self.embedded:
            mistakes.append("WEATHER_GEOCODER=embedded needs WEATHER_EMBEDDED=true.")
        return mistakes

    @property
    def live_sources(self) -> tuple[Live, ...]:
        """The live sources; ``auto`` and ``none`` are replaced by what they mean."""
        if self.sources == ("auto",):
            keyed: tuple[Live, ...] = ("openweathermap",) if self.openweathermap_key else ()
            return (*keyed, "open-meteo", "met.no")
        return tuple(
            name for name in self.sources if name in ("open-meteo", "met.no", "openweathermap")
        )
