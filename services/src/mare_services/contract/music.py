"""Moods, tracks and playlists."""

from dataclasses import dataclass
from enum import StrEnum

from mare_services.contract.errors import InvalidRequest
from mare_services.contract.places import Language

MOST_TRACKS = 50
"""The largest limit of a request."""


class Mood(StrEnum):
    """What a playlist can feel like. Policies choose one; music sources translate it."""

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
    """Ask for music of a mood.

    Attributes:
        market: ISO 3166-1 alpha-2 code of the listener's country.
        limit: tracks wanted, 1 to 50.
        seed: same seed, same choice from the same material.
        explicit: whether explicit tracks are welcome.
    """

    mood: Mood
    market: str
    lang: Language = "en"
    limit: int = 20
    seed: str = ""
    explicit: bool = True


def check_limit(limit: int) -> None:
    """Raise :class:`InvalidRequest` for the limit of a request outside 1 to 50."""
    if not 1 <= limit <= MOST_TRACKS:
        raise InvalidRequest(f"limit is {limit}, but must be from 1 to {MOST_TRACKS}.")


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
    """Tracks under a name.

    Attributes:
        url: where to listen: a playlist, or a search that leads to one.
        source: ``spotify``, ``deezer`` or ``catalogue``.
        stale: older than the cache's life, served because no source answered.
        filled: how many of the tracks, always the last ones, come from the catalogue because the
            source had too few.
    """

    name: str
    url: str
    source: str
    tracks: tuple[Track, ...]
    stale: bool = False
    filled: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A playlist, and who is to be thanked for it."""

    playlist: Playlist
    attribution: tuple[str, ...] = ()

    @property
    def degraded(self) -> bool:
        """Whether this is less than a fresh answer of a live source."""
        playlist = self.playlist
        return playlist.stale or playlist.filled > 0 or playlist.source == "catalogue"
