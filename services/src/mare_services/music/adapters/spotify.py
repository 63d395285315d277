"""Spotify's Web API. New applications can use only the search.

Recommendations, audio features, featured and category playlists are closed to new applications
since 27 November 2024, the tracks of foreign playlists since 11 February 2026. Since then a page of
a search has at most 10 results.
https://developer.spotify.com/documentation/web-api/tutorials/february-2026-migration-guide

Spotify's developer policy requires a link to Spotify with every item, its name in the attribution,
and that nothing is stored for longer than needed. https://developer.spotify.com/policy

``items`` of a page may be null, and so may its elements: Spotify's own playlists are null.
``total`` of a search is an estimate that changes from page to page; only the number of elements
shows whether a page is the last one. A playlist's number of tracks is in ``items`` since February
2026, in ``tracks`` before.
"""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import msgspec

from mare_nameko.settings import Secret
from mare_services.contract.errors import SourceRefused, SourceUnavailable
from mare_services.contract.music import Track
from mare_services.music.adapters.spotify_tokens import Tokens
from mare_services.music.adapters.tracks import checked_track, collect_tracks, is_link
from mare_services.music.domain.material import Material, MaterialQuery, PlaylistLink
from mare_services.music.domain.selection import usable_playlists
from mare_services.music.vocabulary import words_for
from mare_services.upstream.budget import Budget
from mare_services.upstream.client import JsonClient, valid_elements

_MARKETS: frozenset[str] = msgspec.json.decode(
    files("mare_services.music").joinpath("data/spotify_markets.json").read_bytes(),
    type=frozenset[str],
)

DEFAULT_MARKET = "US"
"""Spotify's own default market."""


def available_market(market: str) -> str:
    """Return ``market``, or the default: an unknown one is an error, which opens the breaker."""
    return market if market in _MARKETS else DEFAULT_MARKET


PAGE = 10
"""Largest page of a search."""

PAGES = 2
"""Pages of each search. Four genres give 80 tracks; a request needs at most 50."""

TRACKS_SHARE = 0.8
"""Share of the budget for tracks; the rest is for the playlist link."""

_FORBIDDEN = 403
_NO_PREMIUM = (
    "spotify rejects the application (403): its owner needs an active Premium subscription."
)


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


class Spotify:
    name = "spotify"

    def __init__(self, client: JsonClient, tokens: Tokens) -> None:
        self._client = client
        self._tokens = tokens

    def answer(self, query: MaterialQuery, budget: Budget) -> Material:
        part = budget.at_most(budget.left() * TRACKS_SHARE)
        tracks = collect_tracks(self.name, self._batches(query, part))
        return Material(source=self.name, tracks=tracks, playlists=self._playlists(query, budget))

    def _batches(self, query: MaterialQuery, budget: Budget) -> Iterator[tuple[Track, ...]]:
        words = words_for(query.mood, query.area)
        yield from self._pages([f'genre:"{genre}"' for genre in words.genres], query, budget)
        yield from self._pages(list(words.phrases), query, budget)

    def _pages(
        self, searches: list[str], query: MaterialQuery, budget: Budget
    ) -> Iterator[tuple[Track, ...]]:
        for offset in range(0, PAGES * PAGE, PAGE):
            for words in list(searches):
                found = self._search("track", words, query.market, budget, offset)
                if len(elements_of(found.tracks)) < PAGE:
                    searches.remove(words)
                yield tracks_of(found)

    def _playlists(self, query: MaterialQuery, budget: Budget) -> tuple[PlaylistLink, ...]:
        phrase = words_for(query.mood, query.area).phrases[0]
        try:
            found = self._search("playlist", phrase, query.market, budget)
        except SourceUnavailable:
            return ()  # the playlist then links to a search
        return usable_playlists(playlists_of(found))

    def _search(self, kind: str, words: str, market: str, budget: Budget, offset: int = 0) -> Found:
        params = {
            "q": words,
            "type": kind,
            "market": available_market(market),
            "limit": str(PAGE),
            "offset": str(offset),
        }
        token = self._tokens.current(budget)
        try:
            return self._found(params, token, budget)
        except SourceRefused as refusal:
            if refusal.extra.get("status") == _FORBIDDEN:
                raise SourceRefused(_NO_PREMIUM, refusal.extra) from None
            # A token may be revoked before it expires: retry once with a new one.
            self._tokens.drop(token)
        return self._found(params, self._tokens.current(budget), budget)

    def _found(self, params: Mapping[str, str], token: Secret, budget: Budget) -> Found:
        headers = {"Authorization": f"Bearer {token}"}
        return self._client.get(
            "/v1/search", Found, params=params, headers=headers, budget=budget
        ).value


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
