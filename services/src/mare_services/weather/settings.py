"""Settings of the weather service."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from mare_nameko.settings import EnvironmentSettings, Secret
from mare_services.upstream.source_settings import Url, source_mistakes
from mare_services.weather.adapters import met_no, open_meteo, open_meteo_geocoder, openweathermap

Live = Literal["open-meteo", "met.no", "openweathermap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(EnvironmentSettings):
    """Read with :meth:`from_env` from variables that begin with ``WEATHER_``."""

    prefix: ClassVar[str] = "WEATHER_"

    sources: tuple[Literal["auto", "none", "open-meteo", "met.no", "openweathermap"], ...] = (
        "auto",
    )
    """Live sources in the order to ask; ``auto`` (default): OpenWeatherMap if it has a key, then
    Open-Meteo, then met.no; ``none``: nothing leaves the machine for the weather."""

    geocoder: Literal["auto", "embedded", "open-meteo"] = "auto"
    """Who knows places: the embedded gazetteer, and Open-Meteo for names it lacks (``auto``, the
    default), the gazetteer alone (``embedded``), or Open-Meteo first (``open-meteo``)."""

    embedded: bool = True
    """Whether climatology and gazetteer answer when nothing live does; default true. The gazetteer
    serves coordinates and completion in any case."""

    openweathermap_key: Secret = Secret()
    """API key of openweathermap.org; default none."""

    open_meteo_url: Url = open_meteo.URL
    """Where Open-Meteo's forecast API is."""

    open_meteo_geocoding_url: Url = open_meteo_geocoder.URL
    """Where Open-Meteo's geocoding API is."""

    met_no_url: Url = met_no.URL
    """Where met.no's API is."""

    openweathermap_url: Url = openweathermap.URL
    """Where OpenWeatherMap's API is."""

    contact: str = ""
    """E-mail address or URL of whoever runs this, for the User-Agent; met.no asks for it."""

    live_seconds: Annotated[float, Meta(gt=0, le=30)] = 2.0
    """For all live weather sources of an answer together, in seconds; default 2."""

    geocoder_seconds: Annotated[float, Meta(gt=0, le=30)] = 0.8
    """For one look-up of a name, in seconds; default 0.8."""

    cache_seconds: Annotated[float, Meta(ge=60, le=3_600)] = 900.0
    """How long weather is fresh, in seconds; default 900. When no source answers, it serves for
    three hours more, flagged as stale."""

    cache_entries: Annotated[int, Meta(ge=1)] = 20_000
    """Points remembered, a hundredth of a degree apart; one takes about 1 kB; default 20,000."""

    def find_mistakes(self) -> list[str]:
        """Return one sentence for each set of values that exclude each other."""
        mistakes = source_mistakes("WEATHER_SOURCES", self.sources)
        if "openweathermap" in self.sources and not self.openweathermap_key:
            mistakes.append(
                "WEATHER_SOURCES names openweathermap, but WEATHER_OPENWEATHERMAP_KEY is not set."
            )
        if self.geocoder == "embedded" and not self.embedded:
            mistakes.append("WEATHER_GEOCODER=embedded and WEATHER_EMBEDDED=false exclude another.")
        return mistakes

    @property
    def live_sources(self) -> tuple[Live, ...]:
        """The live sources, ``auto`` and ``none`` resolved."""
        if self.sources == ("auto",):
            keyed: tuple[Live, ...] = ("openweathermap",) if self.openweathermap_key else ()
            return (*keyed, "open-meteo", "met.no")
        return tuple(
            name for name in self.sources if name in ("open-meteo", "met.no", "openweathermap")
        )
