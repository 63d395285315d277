"""Keys of works and artists: equal for spellings of the same name."""

import re
import unicodedata

from mare_services.contract.music import Track

_VERSION = re.compile(
    r"""
    \s[-\u2013]\s[^-\u2013]*
        \b(?:remaster\w*|live|ao\ vivo|en\ vivo|edit|mix|version|versão|mono|stereo)\b
    | \s[(\[](?:feat|ft|with|com)\b
    | \s[(\[][^)\]]*\b(?:remaster\w*|live|ao\ vivo|en\ vivo|version|versão)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Information on the recording, behind a dash or in brackets."""


def folded(text: str) -> str:
    """Return the letters and digits of ``text`` without case and accents; else ``text``."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(filter(str.isalnum, decomposed)) or text


def work_key(track: Track) -> tuple[str, str]:
    """Return the same key for all recordings of one work by one artist."""
    version = _VERSION.search(track.title)
    title = track.title[: version.start()] if version else track.title
    return folded(title), artist_key(track)


def artist_key(track: Track) -> str:
    return folded(track.artists[0])
