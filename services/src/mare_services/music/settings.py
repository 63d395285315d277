"""Settings of the music service."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from mare_nameko.settings import EnvironmentSettings, Secret
from mare_services.upstream.source_settings import Rate, Url, source_mistakes

Live = Literal["spotify", "deezer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(EnvironmentSettings):
    prefix: ClassVar[str] = "MUSIC_"

    sources: tuple[Literal["auto", "none", "spotify", "deezer"], ...] = ("auto",)
    """Live sources in the order in which they are called: `spotify`, `deezer`. `auto`: Spotify if
    it has credentials, then Deezer. `none`: no live source."""

    embedded: bool = True
    """Whether the catalogue is used if no live source responds or a playlist is too short."""

    spotify_client_id: str = ""
    """Id of an application at developer.spotify.com. Its owner needs Premium."""

    spotify_client_secret: Secret = Secret()
    """Secret of the application."""

    spotify_url: Url = "https://api.spotify.com"
    """Base URL of Spotify's Web API."""

    spotify_accounts_url: Url = "https://accounts.spotify.com"
    """Base URL of Spotify's token endpoint."""

    deezer_url: Url = "https://api.deezer.com"
    """Base URL of Deezer's API."""

    live_seconds: Annotated[float, Meta(gt=0, le=30)] = 2.0
    """Seconds for all live sources of an answer together."""

    calls_per_second: Rate = 5.0
    """Calls a second to each upstream from one process, with bursts of ten times as many. Beyond it
    the next source is used. Protects the quota that all clients share."""

    cache_seconds: Annotated[float, Meta(ge=3_600, le=21_600)] = 21_600.0
    """Seconds for which live tracks are fresh, one to six hours. For 18 hours more they are used,
    flagged as stale, if no source responds."""

    cache_entries: Annotated[int, Meta(ge=1)] = 500
    """Pairs of mood and market in the cache, about 40 kB each."""

    def find_mistakes(self) -> list[str]:
        mistakes = source_mistakes("MUSIC_SOURCES", self.sources)
        if bool(self.spotify_client_id) != bool(self.spotify_client_secret):
            mistakes.append(
                "MUSIC_SPOTIFY_CLIENT_ID and MUSIC_SPOTIFY_CLIENT_SECRET need each other."
            )
        if "spotify" in self.sources and not self.has_spotify:
            mistakes.append("MUSIC_SOURCES has spotify but MUSIC_SPOTIFY_CLIENT_ID is not set.")
        return mistakes

    @property
    def has_spotify(self) -> bool:
        """Whether there are credentials for Spotify."""
        return bool(self.spotify_client_id and self.spotify_client_secret)

    @property
    def live_sources(self) -> tuple[Live, ...]:
        """The live sources; ``auto`` and ``none`` are replaced by what they mean."""
        if self.sources == ("auto",):
            return ("spotify", "deezer") if self.has_spotify else ("deezer",)
        return tuple(name for name in self.sources if name in ("spotify", "deezer"))
