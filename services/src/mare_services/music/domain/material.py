"""What a source has to offer for a mood, before anything is chosen from it."""

from dataclasses import dataclass

from mare_services.contract.music import Mood, Track
from mare_services.music.domain.language_areas import LanguageArea


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialQuery:
    """Everything that makes material differ; what only concerns the choice is left out.

    Attributes:
        market: ISO 3166-1 alpha-2 code of the listener's country.
    """

    mood: Mood
    market: str
    area: LanguageArea


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistLink:
    """Somebody's playlist; ``total`` is its number of tracks where the source says it."""

    name: str
    url: str
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Tracks to choose from, and playlists to link to, best first.

    Attributes:
        preferred: those of the tracks that are closer to the listener than the rest.
        stale: older than the cache's life, served because no source answered.
    """

    source: str
    tracks: tuple[Track, ...]
    playlists: tuple[PlaylistLink, ...]
    preferred: frozenset[Track] = frozenset()
    stale: bool = False
