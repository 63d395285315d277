"""Tracks from several calls, of which the later ones may fail."""

from collections.abc import Iterable
from typing import TypeGuard

from mare_services.contract.errors import SourceUnavailable
from mare_services.contract.music import MAX_TRACKS, Track
from mare_services.music.domain.selection import suffice
from mare_services.upstream import failures

LONGEST_TITLE = 300


def is_link(url: str | None) -> TypeGuard[str]:
    """Return whether ``url`` is one that a page may show as a link."""
    return url is not None and url.startswith("https://")


ENOUGH = 20
"""Tracks that make up for a failure: the default length of a playlist."""


def collect_tracks(source: str, batches: Iterable[Iterable[Track]]) -> tuple[Track, ...]:
    """Return tracks until they suffice for every request, or the batches end.

    Raises:
        SourceUnavailable: as a batch raises it, unless there are enough tracks already.
        SourceFailed: there is not a single track, which is no outage.
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
