"""The curated catalogue that ships with the package. The head of its file describes the format."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal
from urllib.parse import quote

from mare_services.contract.music import Mood, Track
from mare_services.music.domain.language_areas import LanguageArea, languages_of
from mare_services.music.domain.material import Material, MaterialQuery

_FIELDS = 7

MATERIALS = 300
"""Pairs of mood and market that are kept, about 30 kB each."""


def search_link(words: str, kind: Literal["tracks", "playlists"]) -> str:
    """Return a link to Spotify's search. Even an encoded slash would end the query."""
    query = " ".join(words.replace("/", " ").split())
    return f"https://open.spotify.com/search/{quote(query, safe='')}/{kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One line of the catalogue.

    Attributes:
        artists: main artist first; the composer of classical works.
        year: of the first release, or of composition before there were records.
        language: ISO 639 code; ``zxx`` for no words.
        country: the main artist's, ISO 3166-1 alpha-2.
    """

    title: str
    artists: tuple[str, ...]
    year: int
    moods: frozenset[Mood]
    language: str
    country: str
    explicit: bool

    @property
    def track(self) -> Track:
        """The work as a track; its link is a search."""
        return Track(
            title=self.title,
            artists=self.artists,
            url=search_link(f"{self.title} {self.artists[0]}", "tracks"),
            explicit=self.explicit,
        )


def read_works(lines: Iterable[str]) -> Iterator[Work]:
    """Yield the works of a catalogue file; a ValueError contains the number of its line."""
    for number, line in enumerate(lines, start=1):
        text = line.rstrip("\n")
        if text and not text.startswith("#"):
            try:
                yield _work(text)
            except ValueError as error:
                raise ValueError(f"Line {number} of the catalogue: {error}") from error


def _work(line: str) -> Work:
    fields = line.split("\t")
    if len(fields) != _FIELDS or not all(fields):
        raise ValueError(f"expected {_FIELDS} fields between tabs, none of them empty.")
    artists, year, title, moods, language, country, explicit = fields
    if explicit not in {"yes", "no"}:
        raise ValueError(f"explicit is yes or no, not {explicit!r}.")
    return Work(
        title=title,
        artists=tuple(artists.split("; ")),
        year=int(year),
        moods=frozenset(Mood(mood) for mood in moods.split(",")),
        language=language,
        country=country,
        explicit=explicit == "yes",
    )


def is_local(work: Work, query: MaterialQuery) -> bool:
    languages = languages_of(query.market)
    if query.area is LanguageArea.LUSOPHONE:
        languages |= {"pt"}
    return work.country == query.market or work.language in languages


@cache
def shipped_works() -> tuple[Work, ...]:
    text = files("mare_services.music").joinpath("data/catalogue.tsv").read_text(encoding="utf-8")
    return tuple(read_works(text.splitlines()))


class Catalogue:
    """Works of a mood. Those of the listener's country or languages are preferred."""

    def __init__(self, works: Iterable[Work]) -> None:
        self._works: dict[Mood, list[tuple[Work, Track]]] = {mood: [] for mood in Mood}
        for work in works:
            track = work.track
            for mood in work.moods:
                self._works[mood].append((work, track))
        self.material = lru_cache(MATERIALS)(self._material)

    def _material(self, query: MaterialQuery) -> Material:
        found = self._works[query.mood]
        return Material(
            source="catalogue",
            tracks=tuple(track for _, track in found),
            playlists=(),
            preferred=frozenset(track for work, track in found if is_local(work, query)),
        )
