"""Names of places: cleaned, and folded to a key that is equal for all spellings."""

import re
import unicodedata

from mare_services.contract.errors import InvalidRequest

MAX_NAME = 200
"""Characters, with areas behind commas. The longest city name in the data has 57."""

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
"""Combining accents of Latin, Greek and Cyrillic."""

_LONE_ACUTE = "\u00b4"
"""Brazilian keyboards produce it for an apostrophe; NFKD would turn it into a space."""

_POINTS = ".'`\u02bb\u02bc\u2018\u2019\u2032"
"""Points, apostrophes and similar characters."""

_INVISIBLE = "\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
"""Invisible characters in copied text: soft hyphens, zero-width spaces, directions. Joiners are
kept: words of Persian and Indian languages need them."""

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
    """Return a key that is equal for all spellings of a name.

    Case, accents of Latin, Greek and Cyrillic letters, points, apostrophes and the kind of hyphen
    make no difference: ``São Paulo`` equals ``sao paulo``, ``St. John's`` equals ``saint johns``.
    Marks of other scripts are kept, because they change the word: が is not か.
    """
    typed = text.replace(_LONE_ACUTE, "'")
    decomposed = unicodedata.normalize("NFKD", typed).casefold().translate(_LETTERS)
    bare = _DROPPED.sub("", _MARKS.sub("", decomposed))
    spaced = _SAINT.sub("saint", _SPACED.sub(" ", bare))
    return unicodedata.normalize("NFC", spaced).strip()
