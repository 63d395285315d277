"""Music for a mood by searching Spotify."""

import logging
from collections.abc import Iterator, Mapping

from mare_nameko.settings import Secret
from mare_services.contract.errors import SourceRefused, SourceUnavailable
from mare_services.contract.music import Track
from mare_services.music.adapters.gathering import gathered
from mare_services.music.adapters.spotify import shapes
from mare_services.music.adapters.spotify.markets import served
from mare_services.music.adapters.spotify.tokens import Tokens
from mare_services.music.domain.material import Material, MaterialQuery, PlaylistLink
from mare_services.music.domain.offers import worth_a_link
from mare_services.music.domain.vocabulary import words_for
from mare_services.upstream.budget import Budget
from mare_services.upstream.client import JsonClient

PAGE = 10
"""The largest page of a search; more is an error since February 2026."""

PAGES = 2
"""Of each search; with four genres they hold 80 tracks, of which 50 are wanted."""

TRACKS_SHARE = 0.8
"""Of the budget; the rest is for the playlist to link to."""

_FORBIDDEN = 403
_KEPT_OUT = (
    "spotify does not let the application in (403): its owner needs an active Premium subscription."
)

_log = logging.getLogger(__name__)


class Spotify:
    """Tracks by genre, and playlists by what people call them."""

    name = "spotify"

    def __init__(self, client: JsonClient, tokens: Tokens) -> None:
        self._client = client
        self._tokens = tokens

    def answer(self, query: MaterialQuery, budget: Budget) -> Material:
        """Return tracks and playlists.

        Raises:
            SourceRefused: credentials are wrong, or Spotify does not let the application in.
            SourceUnavailable: it does not answer.
        """
        try:
            part = budget.at_most(budget.left() * TRACKS_SHARE)
            tracks = gathered(self.name, self._batches(query, part))
        except SourceRefused as refusal:
            _log.error("Refused by Spotify", extra={"source": self.name, "reason": str(refusal)})
            raise
        return Material(source=self.name, tracks=tracks, playlists=self._playlists(query, budget))

    def _batches(self, query: MaterialQuery, budget: Budget) -> Iterator[tuple[Track, ...]]:
        words = words_for(query.mood, query.flavour)
        yield from self._pages([f'genre:"{genre}"' for genre in words.genres], query, budget)
        yield from self._pages(list(words.phrases), query, budget)

    def _pages(
        self, searches: list[str], query: MaterialQuery, budget: Budget
    ) -> Iterator[tuple[Track, ...]]:
        for offset in range(0, PAGES * PAGE, PAGE):
            for words in list(searches):
                found = self._search("track", words, query.market, budget, offset)
                if len(shapes.elements_of(found.tracks)) < PAGE:
                    searches.remove(words)
                yield shapes.tracks_of(found)

    def _playlists(self, query: MaterialQuery, budget: Budget) -> tuple[PlaylistLink, ...]:
        phrase = words_for(query.mood, query.flavour).phrases[0]
        try:
            found = self._search("playlist", phrase, query.market, budget)
        except SourceUnavailable:
            return ()  # the tracks are what matters; a search link stands in for the playlist
        return worth_a_link(shapes.playlists_of(found))

    def _search(
        self, kind: str, words: str, market: str, budget: Budget, offset: int = 0
    ) -> shapes.Found:
        params = {
            "q": words,
            "type": kind,
            "market": served(market),
            "limit": str(PAGE),
            "offset": str(offset),
        }
        token = self._tokens.current(budget)
        try:
            return self._found(params, token, budget)
        except SourceRefused as refusal:
            if refusal.extra.get("status") == _FORBIDDEN:
                raise SourceRefused(_KEPT_OUT, refusal.extra) from None
            # A token may be withdrawn before its time, so a new one is worth one try.
            self._tokens.drop(token)
        return self._found(params, self._tokens.current(budget), budget)

    def _found(self, params: Mapping[str, str], token: Secret, budget: Budget) -> shapes.Found:
        headers = {"Authorization": f"Bearer {token}"}
        return self._client.get(
            "/v1/search", shapes.Found, params=params, headers=headers, budget=budget
        ).value
