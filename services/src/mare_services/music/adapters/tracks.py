"""Tracks from several calls to an upstream, and checks of their texts."""

from collections.abc import Iterable
from typing import TypeGuard

from mare_services.contract.errors import SourceUnavailable
from mare_services.contract.music import MAX_TRACKS, Track
from mare_services.music.domain.selection import suffice
from mare_services.upstream import failures

MAX_TITLE = 300


def is_link(url: str | None) -> TypeGuard[str]:
    """Return whether a page may use ``url`` as a link."""
    return url is not None and url.startswith("https://")


ENOUGH = 20
"""Tracks with which a later failure is ignored: the default length of a playlist."""


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
