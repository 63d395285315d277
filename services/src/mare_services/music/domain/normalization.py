"""When two spellings mean the same work."""

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
"""Where a title ends and the story of the recording begins: behind a dash or in a bracket."""


def folded(text: str) -> str:
    """Return the letters and digits of ``text`` without case and accents; all, if it has none."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(filter(str.isalnum, decomposed)) or text


def work_key(track: Track) -> tuple[str, str]:
    """Return what all recordings of one work by one artist have in common."""
    version = _VERSION.search(track.title)
    title = track.title[: version.start()] if version else track.title
    return folded(title), artist_key(track)


def artist_key(track: Track) -> str:
    """Return the main artist, however spelt."""
    return folded(track.artists[0])
