"""Candidates: the tracks and playlists that a source has for a mood."""

from dataclasses import dataclass

from mare_services.contract.music import Mood, Track
from mare_services.music.domain.language_areas import LanguageArea


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialQuery:
    """A request to a music source. It omits what only concerns the choice of tracks."""

    mood: Mood
    market: str
    area: LanguageArea


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistLink:
    """A public playlist; ``total`` is its number of tracks, if known."""

    name: str
    url: str
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Tracks to choose from, and playlists to link to, best first.

    Attributes:
        preferred: tracks of the listener's country or languages.
    """

    source: str
    tracks: tuple[Track, ...]
    playlists: tuple[PlaylistLink, ...]
    preferred: frozenset[Track] = frozenset()
