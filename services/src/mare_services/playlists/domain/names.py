"""What a mood is called, in each language."""

from mare_services.contract.music import Mood

_NAMES: dict[Mood, tuple[str, str]] = {
    Mood.INSTRUMENTAL: ("instrumental & ambient", "instrumental e ambiente"),
    Mood.STORM_ROCK: ("storm rock", "rock de tempestade"),
    Mood.PARTY: ("party & dance", "festa e dança"),
    Mood.FEEL_GOOD: ("feel-good pop", "pop alto-astral"),
    Mood.INDIE: ("indie & alternative rock", "indie e rock alternativo"),
    Mood.ACOUSTIC: ("acoustic & melancholic", "acústico e melancólico"),
    Mood.LO_FI: ("lo-fi & chill night", "lo-fi e noite tranquila"),
    Mood.MELLOW: ("mellow pop & soul", "pop suave e MPB"),
    Mood.POP: ("pop", "pop"),
    Mood.ROCK: ("rock", "rock"),
    Mood.CLASSICAL: ("classical", "clássica"),
}


def name_of(mood: Mood, lang: str) -> str:
    """Return the mood's name in Portuguese for ``pt``, in English for everything else."""
    english, portuguese = _NAMES[mood]
    return portuguese if lang == "pt" else english
