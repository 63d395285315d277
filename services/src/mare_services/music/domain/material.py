"""Candidates: the tracks and playlists that a source has for a mood."""

from dataclasses import dataclass, field

from mare_services.contract.music import Mood, Track
from mare_services.music.domain.language_areas import LanguageArea
from mare_services.music.domain.works import work_key

SEPARATOR = "\x1f"
"""Of the parts of a text whose hash is a number."""


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


@dataclass(frozen=True, slots=True)
class Candidate:
    """A track, and what its number depends on apart from the seed.

    Attributes:
        key: the names of work and artist, in UTF-8.
        is_preferred: it is of the listener's country or languages.
    """

    track: Track
    key: bytes
    is_preferred: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Tracks to choose from, and playlists to link to, best first.

    Attributes:
        preferred: tracks of the listener's country or languages.
        candidates: the tracks without duplicates. They are made once: a playlist is chosen from
            hundreds, and each choice would fold their names again.
    """

    source: str
    tracks: tuple[Track, ...]
    playlists: tuple[PlaylistLink, ...]
    preferred: frozenset[Track] = frozenset()
    candidates: tuple[Candidate, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        candidates = tuple(
            Candidate(track, SEPARATOR.join(work_key(track)).encode(), track in self.preferred)
            for track in dict.fromkeys(self.tracks)
        )
        object.__setattr__(self, "candidates", candidates)
