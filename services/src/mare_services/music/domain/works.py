"""Keys that are equal for all recordings of one work by one artist."""

import re
import unicodedata
from functools import lru_cache

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

_NAMES = 20_000
"""Names in each cache, about 200 bytes each. The tracks of all moods in one market have 3,000."""


@lru_cache(_NAMES)
def folded(text: str) -> str:
    """Return the letters and digits of ``text`` without case and accents; else ``text``."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(filter(str.isalnum, decomposed)) or text


def work_key(track: Track) -> tuple[str, str]:
    """Return the same key for all recordings of one work by one artist."""
    return _folded_work(track.title), artist_key(track)


def artist_key(track: Track) -> str:
    return folded(track.artists[0])


@lru_cache(_NAMES)
def _folded_work(title: str) -> str:
    version = _VERSION.search(title)
    return folded(title[: version.start()] if version else title)
