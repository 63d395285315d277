"""Tracks and playlists for a mood by Spotify's search."""

import logging
from collections.abc import Iterator, Mapping

from mare_nameko.settings import Secret
from mare_services.contract.errors import SourceRefused, SourceUnavailable
from mare_services.contract.music import Track
from mare_services.music.adapters.spotify import responses
from mare_services.music.adapters.spotify.tokens import Tokens
from mare_services.music.adapters.tracks import collect_tracks
from mare_services.music.domain.material import Material, MaterialQuery, PlaylistLink
from mare_services.music.domain.selection import usable_playlists
from mare_services.music.vocabulary import words_for
from mare_services.upstream.budget import Budget
from mare_services.upstream.client import JsonClient

_CODES = (
    "AD AE AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CG "
    "CH CI CL CM CO CR CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ES ET FI FJ FM FR GA GB GD GE GH "
    "GM GN GQ GR GT GW GY HK HN HR HT HU ID IE IL IN IQ IS IT JM JO JP KE KG KH KI KM KN KR KW "
    "KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MH MK ML MN MO MR MT MU MV MW MX MY MZ "
    "NA NE NG NI NL NO NP NR NZ OM PA PE PG PH PK PL PR PS PT PW PY QA RO RS RW SA SB SC SE SG "
    "SI SK SL SM SN SR ST SV SZ TD TG TH TJ TL TN TO TR TT TV TW TZ UA UG US UY UZ VC VE VN VU "
    "WS XK ZA ZM ZW"
)
_MARKETS = frozenset(_CODES.split())

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

_log = logging.getLogger(__name__)


class Spotify:
    name = "spotify"

    def __init__(self, client: JsonClient, tokens: Tokens) -> None:
        self._client = client
        self._tokens = tokens

    def answer(self, query: MaterialQuery, budget: Budget) -> Material:
        """Return tracks and playlists."""
        try:
            part = budget.at_most(budget.left() * TRACKS_SHARE)
            tracks = collect_tracks(self.name, self._batches(query, part))
        except SourceRefused as refusal:
            _log.error(
                "Spotify rejects the credentials",
                extra={"source": self.name, "reason": str(refusal)},
            )
            raise
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
                if len(responses.elements_of(found.tracks)) < PAGE:
                    searches.remove(words)
                yield responses.tracks_of(found)

    def _playlists(self, query: MaterialQuery, budget: Budget) -> tuple[PlaylistLink, ...]:
        phrase = words_for(query.mood, query.area).phrases[0]
        try:
            found = self._search("playlist", phrase, query.market, budget)
        except SourceUnavailable:
            return ()  # the playlist then links to a search
        return usable_playlists(responses.playlists_of(found))

    def _search(
        self, kind: str, words: str, market: str, budget: Budget, offset: int = 0
    ) -> responses.Found:
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

    def _found(self, params: Mapping[str, str], token: Secret, budget: Budget) -> responses.Found:
        headers = {"Authorization": f"Bearer {token}"}
        return self._client.get(
            "/v1/search", responses.Found, params=params, headers=headers, budget=budget
        ).value
