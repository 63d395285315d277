"""Names of places as people type them: cleaned, and folded so that spellings meet."""

import re
import unicodedata

from mare_services.contract.errors import InvalidRequest

MAX_NAME = 200
"""Characters, areas behind commas included; the longest city name in the data has 57."""

_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "\u0131": "i",
        "ħ": "h",
    }
)
_MARKS = re.compile("[\u0300-\u036f]")
"""Combining accents; those of kana, Arabic or Devanagari lie elsewhere."""

_LONE_ACUTE = "\u00b4"
"""What a Brazilian keyboard gives for an apostrophe; NFKD would make a space of it."""

_POINTS = ".'`\u02bb\u02bc\u2018\u2019\u2032"
"""Points, apostrophes and what stands in for them."""

_INVISIBLE = "\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
"""Marks that come along with what is copied from a page: soft hyphens, spaces without width,
directions. Joiners stay: words of Persian and Indian languages need them."""

_DROPPED = re.compile(f"[{_POINTS}{_INVISIBLE}]")

_SAINT = re.compile(r"\bst\b")
_SPACED = re.compile(r"[\s,\-\u2010-\u2015/()_]+")
"""Spaces, hyphens, dashes and other separators."""


def clean(text: str, field: str) -> str:
    """Return ``text`` in NFC without outer space, or raise ``InvalidRequest`` for ``field``."""
    if len(text) > MAX_NAME:
        raise InvalidRequest.of(f"{field} is longer than {MAX_NAME} characters.", field)
    cleaned = unicodedata.normalize("NFC", text).strip()
    if not cleaned:
        raise InvalidRequest.of(f"{field} is empty.", field)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in cleaned):
        raise InvalidRequest.of(f"{field} contains control characters.", field)
    return cleaned


def fold(text: str) -> str:
    """Return the key under which spellings of one name meet.

    Case, accents of Latin, Greek and Cyrillic letters, points, apostrophes and the kind of hyphen
    make no difference: ``São Paulo`` and ``sao paulo``, ``St. John's`` and ``saint johns`` are one.
    Signs of other scripts stay, because they change the word: が is not か.
    """
    typed = text.replace(_LONE_ACUTE, "'")
    decomposed = unicodedata.normalize("NFKD", typed).casefold().translate(_LETTERS)
    bare = _DROPPED.sub("", _MARKS.sub("", decomposed))
    spaced = _SAINT.sub("saint", _SPACED.sub(" ", bare))
    return unicodedata.normalize("NFC", spaced).strip()
