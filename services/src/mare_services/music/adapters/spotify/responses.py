"""The format of Spotify's search results.

``items`` may be null, and so may its elements: Spotify's own playlists are null. ``total`` of a
search is an estimate that changes from page to page; only the number of elements shows whether a
page is the last one. A playlist's number of tracks is in ``items`` since February 2026, in
``tracks`` before.
"""

from typing import Any

import msgspec

from mare_services.contract.music import Track
from mare_services.music.adapters.tracks import checked_track, is_link
from mare_services.music.domain.material import PlaylistLink
from mare_services.upstream.client import valid_elements


class Page(msgspec.Struct):
    items: list[Any] | None = None


class Found(msgspec.Struct):
    tracks: Page | None = None
    playlists: Page | None = None


class _Named(msgspec.Struct):
    name: str


class _Urls(msgspec.Struct):
    spotify: str | None = None


class _Album(msgspec.Struct):
    name: str | None = None


class _Track(msgspec.Struct):
    name: str
    artists: list[Any]
    external_urls: _Urls
    album: _Album | None = None
    duration_ms: float | None = None
    explicit: bool | None = None
    is_playable: bool | None = None


class _Size(msgspec.Struct):
    total: int | None = None


class _Playlist(msgspec.Struct):
    name: str
    external_urls: _Urls
    items: _Size | None = None
    tracks: _Size | None = None


def elements_of(page: Page | None) -> list[Any]:
    """Return the elements of the page, nulls included."""
    return (page.items if page else None) or []


def tracks_of(found: Found) -> tuple[Track, ...]:
    read = (_track(element) for element in valid_elements(elements_of(found.tracks), _Track))
    return tuple(track for track in read if track)


def playlists_of(found: Found) -> tuple[PlaylistLink, ...]:
    return tuple(
        PlaylistLink(name=each.name, url=each.external_urls.spotify, total=_total(each))
        for each in valid_elements(elements_of(found.playlists), _Playlist)
        if each.name.strip() and is_link(each.external_urls.spotify)
    )


def _track(element: _Track) -> Track | None:
    milliseconds = element.duration_ms
    return checked_track(
        title=element.name,
        artists=[artist.name for artist in valid_elements(element.artists, _Named)],
        url=element.external_urls.spotify,
        album=element.album.name if element.album else None,
        seconds=None if milliseconds is None else milliseconds / 1000,
        explicit=element.explicit,
        is_playable=element.is_playable,
    )


def _total(element: _Playlist) -> int | None:
    for size in (element.items, element.tracks):
        if size is not None and size.total is not None:
            return size.total
    return None
