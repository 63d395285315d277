"""Music for a mood by searching Spotify."""

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
from mare_services.music.domain.vocabulary import words_for
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

ELSEWHERE = "US"
"""The market that Spotify assumes itself when none is given."""


def served(market: str) -> str:
    """Return ``market`` if Spotify is there, else one where it is.

    An unknown market is an error to the API, and errors would open the breaker for everyone.
    """
    return market if market in _MARKETS else ELSEWHERE


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
            tracks = collect_tracks(self.name, self._batches(query, part))
        except SourceRefused as refusal:
            _log.error("Refused by Spotify", extra={"source": self.name, "reason": str(refusal)})
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
            return ()  # the tracks are what matters; a search link stands in for the playlist
        return usable_playlists(responses.playlists_of(found))

    def _search(
        self, kind: str, words: str, market: str, budget: Budget, offset: int = 0
    ) -> responses.Found:
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

    def _found(self, params: Mapping[str, str], token: Secret, budget: Budget) -> responses.Found:
        headers = {"Authorization": f"Bearer {token}"}
        return self._client.get(
            "/v1/search", responses.Found, params=params, headers=headers, budget=budget
        ).value
