"""Settings of the music service."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from mare_nameko.settings import EnvironmentSettings, Secret
from mare_services.upstream.source_settings import Url, source_mistakes

Live = Literal["spotify", "deezer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(EnvironmentSettings):
    """Read with :meth:`from_env` from variables that begin with ``MUSIC_``."""

    prefix: ClassVar[str] = "MUSIC_"

    sources: tuple[Literal["auto", "none", "spotify", "deezer"], ...] = ("auto",)
    """Live sources in the order to ask; ``auto`` (default): Spotify if it has credentials, then
    Deezer; ``none``: nothing leaves the machine."""

    embedded: bool = True
    """Whether the curated catalogue answers when nothing else does; default true."""

    spotify_client_id: str = ""
    """Of an application at developer.spotify.com, whose owner needs Premium; default none."""

    spotify_client_secret: Secret = Secret()
    """Belongs to the client id."""

    spotify_url: Url = "https://api.spotify.com"
    """Where Spotify's Web API is."""

    spotify_accounts_url: Url = "https://accounts.spotify.com"
    """Where Spotify gives tokens."""

    deezer_url: Url = "https://api.deezer.com"
    """Where Deezer's API is."""

    live_seconds: Annotated[float, Meta(gt=0, le=30)] = 2.0
    """For all live sources of an answer together, in seconds; default 2."""

    cache_seconds: Annotated[float, Meta(ge=3_600, le=21_600)] = 21_600.0
    """Life of live material, one to six hours; default 21,600 seconds. When no source answers, it
    serves for 18 hours more, flagged as stale."""

    cache_entries: Annotated[int, Meta(ge=1)] = 500
    """Moods and markets remembered; one takes about 40 kB; default 500."""

    def find_mistakes(self) -> list[str]:
        """Return one sentence for each set of values that exclude each other."""
        mistakes = source_mistakes("MUSIC_SOURCES", self.sources)
        if bool(self.spotify_client_id) != bool(self.spotify_client_secret):
            mistakes.append("MUSIC_SPOTIFY_CLIENT_ID and MUSIC_SPOTIFY_CLIENT_SECRET go together.")
        if "spotify" in self.sources and not self.knows_spotify:
            mistakes.append("MUSIC_SOURCES names spotify, but MUSIC_SPOTIFY_CLIENT_ID is not set.")
        return mistakes

    @property
    def knows_spotify(self) -> bool:
        """Whether Spotify may be asked at all."""
        return bool(self.spotify_client_id and self.spotify_client_secret)

    @property
    def live_sources(self) -> tuple[Live, ...]:
        """The live sources, ``auto`` and ``none`` resolved."""
        if self.sources == ("auto",):
            return ("spotify", "deezer") if self.knows_spotify else ("deezer",)
        return tuple(name for name in self.sources if name in ("spotify", "deezer"))
