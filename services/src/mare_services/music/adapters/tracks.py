"""Tracks of an upstream: checked, and collected from several calls."""

import re
from collections.abc import Iterable, Sequence
from typing import TypeGuard

from mare_services.contract.errors import SourceUnavailable
from mare_services.contract.music import MAX_TRACKS, Track
from mare_services.music.domain.selection import suffice
from mare_services.upstream import failures

MAX_TITLE = 300
MAX_ARTISTS = 8
MAX_NAME = 80
"""Characters of the name of an artist or album."""
MAX_LINK = 500
MAX_SECONDS = 86_400

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def is_link(url: str | None) -> TypeGuard[str]:
    """Return whether a page may use ``url`` as a link."""
    return (
        url is not None
        and url.startswith("https://")
        and len(url) <= MAX_LINK
        and url.isascii()
        and url.isprintable()
    )


def checked_track(
    *,
    title: str,
    artists: Sequence[str],
    url: str | None,
    album: str | None,
    seconds: float | None,
    explicit: bool | None,
    is_playable: bool | None,
) -> Track | None:
    """Return the track, None without title, artist or link; drop or cut what is out of range."""
    title = _shown(title, MAX_TITLE)
    names = tuple(filter(None, (_shown(artist, MAX_NAME) for artist in artists)))
    if not title or not names or not is_link(url) or is_playable is False:
        return None
    return Track(
        title=title,
        artists=names[:MAX_ARTISTS],
        url=url,
        explicit=explicit is True,
        album=_shown(album or "", MAX_NAME) or None,
        duration_seconds=round(seconds) if seconds and 0 < seconds <= MAX_SECONDS else None,
    )


def _shown(text: str, most: int) -> str:
    """Return ``text`` without control characters, at most so long."""
    return _CONTROLS.sub(" ", text).strip()[:most]


ENOUGH = 20
"""Tracks that make an answer, so that a later failure is ignored: a playlist has 20 by default."""


def collect_tracks(source: str, batches: Iterable[Iterable[Track]]) -> tuple[Track, ...]:
    """Return tracks until there are enough for every request, or the batches end.

    Raises:
        SourceUnavailable: the error of a batch, if there are not enough tracks yet.
        SourceFailed: there is no track; this does not count as an outage.
    """
    tracks: list[Track] = []
    try:
        for batch in batches:
            tracks.extend(batch)
            if suffice(tracks, MAX_TRACKS):
                break
    except SourceUnavailable:
        if not suffice(tracks, ENOUGH):
            raise
    if not tracks:
        raise failures.nothing_found(source)
    return tuple(tracks)
