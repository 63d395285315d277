"""Texts for a mood: search terms, search links and titles.

*Genres* are names that Spotify gives to artists; they find tracks. *Phrases* are common names of
playlists; they find playlists. Terms of the listener's language area come first.
"""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from mare_services.contract.music import Mood
from mare_services.contract.places import Language
from mare_services.music.domain.language_areas import LanguageArea


def search_link(words: str, kind: Literal["tracks", "playlists"]) -> str:
    """Return a link to Spotify's search. Even an encoded slash would end the query."""
    query = " ".join(words.replace("/", " ").split())
    return f"https://open.spotify.com/search/{quote(query, safe='')}/{kind}"


GENRES = 4
"""Largest number of genres: each needs one or two calls."""


@dataclass(frozen=True, slots=True)
class Words:
    genres: tuple[str, ...]
    phrases: tuple[str, ...]


def words_for(mood: Mood, area: LanguageArea) -> Words:
    """Return local and international search terms, the most specific first."""
    world = _INTERNATIONAL[mood]
    local = _LOCAL[area].get(mood, _NONE)
    genres = (*local.genres, *world.genres)[:GENRES]
    return Words(genres, (*local.phrases, *world.phrases))


_NONE = Words((), ())

_INTERNATIONAL: dict[Mood, Words] = {
    Mood.INSTRUMENTAL: Words(
        ("ambient", "neoclassical", "post-rock", "new age"),
        ("peaceful piano", "ambient instrumental"),
    ),
    Mood.STORM_ROCK: Words(
        ("hard rock", "grunge", "metal", "alternative metal"),
        ("heavy rock storm", "hard rock classics"),
    ),
    Mood.PARTY: Words(
        ("dance pop", "disco", "house", "edm"),
        ("party hits", "dance party"),
    ),
    Mood.FEEL_GOOD: Words(
        ("pop", "funk", "motown", "reggae"),
        ("feel good", "happy sunny day"),
    ),
    Mood.INDIE: Words(
        ("indie rock", "alternative rock", "post-punk", "indie pop"),
        ("indie rock", "alternative rock essentials"),
    ),
    Mood.ACOUSTIC: Words(
        ("singer-songwriter", "folk", "indie folk", "acoustic"),
        ("rainy day acoustic", "melancholic acoustic"),
    ),
    Mood.LO_FI: Words(
        ("lo-fi beats", "trip hop", "downtempo", "chillhop"),
        ("lofi chill night", "late night chill"),
    ),
    Mood.MELLOW: Words(
        ("soul", "neo soul", "soft pop", "vocal jazz"),
        ("mellow soul", "easy afternoon"),
    ),
    Mood.POP: Words(
        ("pop", "dance pop", "synthpop", "soft pop"),
        ("pop hits", "pop essentials"),
    ),
    Mood.ROCK: Words(
        ("rock", "classic rock", "alternative rock", "hard rock"),
        ("rock classics", "rock essentials"),
    ),
    Mood.CLASSICAL: Words(
        ("classical", "orchestra", "classical piano", "opera"),
        ("classical essentials", "classical music"),
    ),
}

_LUSOPHONE: dict[Mood, Words] = {
    Mood.INSTRUMENTAL: Words(("choro",), ("piano relaxante", "instrumental brasileiro")),
    Mood.STORM_ROCK: Words(("brazilian rock",), ("rock pesado nacional",)),
    Mood.PARTY: Words(("axé", "pagode"), ("festa brasileira", "axé e samba")),
    Mood.FEEL_GOOD: Words(("samba", "forró"), ("alto astral", "samba e sol")),
    Mood.INDIE: Words(("brazilian indie",), ("indie brasileiro",)),
    Mood.ACOUSTIC: Words(("mpb", "fado"), ("mpb acústico", "voz e violão")),
    Mood.LO_FI: Words(("bossa nova",), ("lofi brasileiro", "bossa lofi")),
    Mood.MELLOW: Words(("bossa nova", "mpb"), ("bossa nova", "mpb tarde calma")),
    Mood.POP: Words(("brazilian pop",), ("pop nacional",)),
    Mood.ROCK: Words(("brazilian rock",), ("rock nacional anos 80", "rock brasileiro")),
    Mood.CLASSICAL: Words((), ("música clássica", "clássicos brasileiros villa-lobos")),
}

_HISPANIC: dict[Mood, Words] = {
    Mood.INSTRUMENTAL: Words((), ("piano relajante", "guitarra instrumental")),
    Mood.STORM_ROCK: Words(("rock en español",), ("rock pesado en español",)),
    Mood.PARTY: Words(("latin", "reggaeton"), ("fiesta latina",)),
    Mood.FEEL_GOOD: Words(("latin pop",), ("buen rollo", "canciones alegres")),
    Mood.INDIE: Words(("latin indie",), ("indie en español",)),
    Mood.ACOUSTIC: Words(("trova",), ("acústico en español",)),
    Mood.LO_FI: Words((), ("lofi en español",)),
    Mood.MELLOW: Words(("bolero",), ("boleros y baladas",)),
    Mood.POP: Words(("latin pop",), ("pop en español",)),
    Mood.ROCK: Words(("rock en español",), ("rock en español",)),
    Mood.CLASSICAL: Words((), ("música clásica",)),
}

_LOCAL: dict[LanguageArea, dict[Mood, Words]] = {
    LanguageArea.LUSOPHONE: _LUSOPHONE,
    LanguageArea.HISPANIC: _HISPANIC,
    LanguageArea.INTERNATIONAL: {},
}


_TITLES: dict[Mood, dict[Language, str]] = {
    Mood.INSTRUMENTAL: {"en": "Quiet instrumentals", "pt": "Instrumentais serenos"},
    Mood.STORM_ROCK: {"en": "Rock for the storm", "pt": "Rock para a tempestade"},
    Mood.PARTY: {"en": "Time to dance", "pt": "Hora de dançar"},
    Mood.FEEL_GOOD: {"en": "Feel-good songs", "pt": "Músicas de alto-astral"},
    Mood.INDIE: {"en": "Indie and alternative", "pt": "Indie e alternativo"},
    Mood.ACOUSTIC: {"en": "Acoustic and wistful", "pt": "Acústico e melancólico"},
    Mood.LO_FI: {"en": "Lo-fi for a calm night", "pt": "Lo-fi para uma noite calma"},
    Mood.MELLOW: {"en": "Mellow and soulful", "pt": "Suave, com bossa e MPB"},
    Mood.POP: {"en": "Pop for everyone", "pt": "Pop para todo mundo"},
    Mood.ROCK: {"en": "Rock essentials", "pt": "Rock essencial"},
    Mood.CLASSICAL: {"en": "Classical favourites", "pt": "Música clássica essencial"},
}


def title_of(mood: Mood, lang: Language) -> str:
    return _TITLES[mood][lang]
