"""Tracks for a mood from public playlists on Deezer; needs no key.

Deezer reports errors with status 200 and an object ``error`` in the body.
https://developers.deezer.com/api/errors
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from mare_services.contract.errors import SourceFailed, SourceLimited, SourceUnavailable
from mare_services.contract.music import Track
from mare_services.music.adapters.tracks import checked_track, collect_tracks, is_link
from mare_services.music.domain.material import Material, MaterialQuery, PlaylistLink
from mare_services.music.domain.selection import usable_playlists
from mare_services.music.vocabulary import words_for
from mare_services.upstream.budget import Budget
from mare_services.upstream.client import JsonClient, valid_elements

MAX_PLAYLISTS = 4
"""Playlists that are read; two or three usually suffice."""

TRACKS = 50
"""Tracks that are read of each playlist."""

QUOTA_SECONDS = 5.0
"""Deezer allows 50 calls in 5 seconds."""

_QUOTA_EXCEEDED = 4
_NOT_FOUND = 800


class _Error(msgspec.Struct):
    code: int | None = None


class _Answer(msgspec.Struct):
    data: list[Any] | None = None
    error: _Error | None = None


class _Named(msgspec.Struct):
    name: str


class _Album(msgspec.Struct):
    title: str | None = None


class _Track(msgspec.Struct):
    title: str
    link: str
    artist: _Named
    album: _Album | None = None
    duration: float | None = None
    explicit_lyrics: bool | None = None
    readable: bool | None = None


class _Playlist(msgspec.Struct):
    id: int
    title: str
    link: str
    nb_tracks: int | None = None


class Deezer:
    name = "deezer"

    def __init__(self, client: JsonClient) -> None:
        self._client = client

    def answer(self, query: MaterialQuery, budget: Budget) -> Material:
        """Return the tracks of some playlists, and these playlists."""
        playlists = self._playlists(words_for(query.mood, query.area).phrases, budget)
        batches = (self._tracks(number, budget) for number in playlists.values())
        tracks = collect_tracks(self.name, batches)
        return Material(source=self.name, tracks=tracks, playlists=tuple(playlists))

    def _playlists(self, phrases: Iterable[str], budget: Budget) -> dict[PlaylistLink, int]:
        found: dict[PlaylistLink, int] = {}
        offers: tuple[PlaylistLink, ...] = ()
        for phrase in phrases:
            found |= self._search(phrase, budget)
            offers = usable_playlists(found)
            if len(offers) >= MAX_PLAYLISTS:
                break
        return {link: found[link] for link in offers[:MAX_PLAYLISTS]}

    def _search(self, phrase: str, budget: Budget) -> dict[PlaylistLink, int]:
        elements = self._data("/search/playlist", {"q": phrase, "limit": "20"}, budget)
        return {
            PlaylistLink(name=each.title, url=each.link, total=each.nb_tracks): each.id
            for each in valid_elements(elements, _Playlist)
            if each.title.strip() and is_link(each.link)
        }

    def _tracks(self, playlist: int, budget: Budget) -> tuple[Track, ...]:
        path = f"/playlist/{playlist}/tracks"
        return tracks_of(self._data(path, {"limit": str(TRACKS)}, budget))

    def _data(self, path: str, params: Mapping[str, str], budget: Budget) -> list[Any]:
        answer = self._client.get(path, _Answer, params=params, budget=budget).value
        if answer.error and answer.error.code != _NOT_FOUND:
            raise _failure(answer.error.code)
        return answer.data or []


def tracks_of(elements: list[Any]) -> tuple[Track, ...]:
    checked = (
        checked_track(
            title=each.title,
            artists=(each.artist.name,),
            url=each.link,
            album=each.album.title if each.album else None,
            seconds=each.duration,
            explicit=each.explicit_lyrics,
            is_playable=each.readable,
        )
        for each in valid_elements(elements, _Track)
    )
    return tuple(filter(None, checked))


def _failure(code: int | None) -> SourceUnavailable:
    extra: dict[str, Any] = {"source": Deezer.name, "code": code}
    if code == _QUOTA_EXCEEDED:
        return SourceLimited("deezer limits the rate.", {**extra, "retry_after": QUOTA_SECONDS})
    return SourceFailed(f"deezer returned error {code}.", extra)
