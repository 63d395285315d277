"""Texts for a mood: search terms and titles, from data/vocabulary.json.

*Genres* are names that Spotify gives to artists; they find tracks. *Phrases* are common names of
playlists; they find playlists. Terms of the listener's language area come first.
"""

from importlib.resources import files

import msgspec

from mare_services.contract.music import Mood
from mare_services.contract.places import Language
from mare_services.music.domain.language_areas import LanguageArea

GENRES = 4
"""Largest number of genres: each needs one or two calls."""


class Words(msgspec.Struct, frozen=True):
    genres: tuple[str, ...]
    phrases: tuple[str, ...]


class _Texts(msgspec.Struct, forbid_unknown_fields=True):
    titles: dict[Language, str]
    international: Words
    lusophone: Words
    hispanic: Words


_VOCABULARY = msgspec.json.decode(
    files("mare_services.music").joinpath("data/vocabulary.json").read_bytes(),
    type=dict[Mood, _Texts],
)


def words_for(mood: Mood, area: LanguageArea) -> Words:
    """Return local and international search terms, the most specific first."""
    world = _VOCABULARY[mood].international
    if area is LanguageArea.INTERNATIONAL:
        return world
    local: Words = getattr(_VOCABULARY[mood], area)
    genres = (*local.genres, *world.genres)[:GENRES]
    return Words(genres, (*local.phrases, *world.phrases))


def title_of(mood: Mood, lang: Language) -> str:
    return _VOCABULARY[mood].titles[lang]
