"""Moods, tracks and playlists."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from mare_services.contract.places import Language

MAX_TRACKS = 50
Limit = Annotated[int, Meta(ge=1, le=MAX_TRACKS)]
Market = Annotated[str, Meta(pattern="^[A-Za-z]{2}$", max_length=2)]


class Mood(StrEnum):
    """The mood of a playlist. A policy chooses it; the music sources turn it into search terms."""

    INSTRUMENTAL = "instrumental"
    STORM_ROCK = "storm-rock"
    PARTY = "party"
    FEEL_GOOD = "feel-good"
    INDIE = "indie"
    ACOUSTIC = "acoustic"
    LO_FI = "lo-fi"
    MELLOW = "mellow"
    POP = "pop"
    ROCK = "rock"
    CLASSICAL = "classical"


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicRequest:
    """A request for tracks of a mood."""

    mood: Mood
    market: Market
    """ISO 3166-1 alpha-2 code of the listener's country."""
    lang: Language = "en"
    limit: Limit = 20
    """Number of tracks, 1 to 50."""
    seed: str = ""
    """The same seed gives the same choice from the same tracks."""
    explicit: bool = True
    """Whether tracks with explicit lyrics are allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One recording, with a link that plays or finds it."""

    title: str
    artists: tuple[str, ...]
    url: str
    explicit: bool = False
    album: str | None = None
    duration_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Playlist:
    """Tracks under a name."""

    name: str
    url: str
    """A playlist of the source, or a search for one."""
    source: str
    """spotify, deezer or catalogue."""
    tracks: tuple[Track, ...]
    stale: bool = False
    """Older than the life of a cache entry, because no source answered."""
    filled: int = 0
    """Number of tracks, always the last ones, from the catalogue because the source had too few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A playlist and its attribution."""

    playlist: Playlist
    attribution: tuple[str, ...] = ()

    @property
    def degraded(self) -> bool:
        """Whether this is less than a fresh answer of a live source."""
        playlist = self.playlist
        return playlist.stale or playlist.filled > 0 or playlist.source == "catalogue"
