"""What a playlist for a mood is called."""

from mare_services.contract.music import Mood
from mare_services.contract.places import Language

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
    """Return the title in the reader's language."""
    return _TITLES[mood][lang]
