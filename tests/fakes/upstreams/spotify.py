"""Spotify's accounts service and Web API, as far as a new application may use them.

The shapes follow Spotify's own documentation. To a valid request, the fake returns the same music
for the same search; ``library`` bounds how much there is.
"""

import base64
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.upstreams.server import Answer, FakeUpstream, ReceivedRequest, as_json, upstream

CLIENT_ID = "the-client-id"
SECRET = "the-client-secret"
BASIC = "Basic " + base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()

TOKEN = as_json({"access_token": "a-token", "token_type": "Bearer", "expires_in": 3600})
INVALID_CLIENT = as_json({"error": "invalid_client", "error_description": "Invalid client"}, 400)
EXPIRED = as_json({"error": {"status": 401, "message": "The access token expired"}}, 401)
NO_PREMIUM = Answer(
    403,
    b"Active premium subscription required for the owner of the app.",
    {"Content-Type": "text/plain"},
)
LIMITED_SHORTLY = as_json(
    {"error": {"status": 429, "message": "API rate limit exceeded"}}, 429, Retry_After="3"
)
LIMITED_FOR_A_DAY = as_json(
    {"error": {"status": 429, "message": "API rate limit exceeded"}}, 429, Retry_After="86400"
)
INVALID_LIMIT = as_json({"error": {"status": 400, "message": "Invalid limit"}}, 400)


def track(name: str, artist: str = "Somebody", /, **changes: Any) -> dict[str, Any]:
    """Return a track as a search shows it since February 2026."""
    return {
        "album": {"name": "An album", "images": None, "release_date": "1987-11-12"},
        "artists": [{"name": artist, "external_urls": {}, "type": "artist"}],
        "duration_ms": 213_573,
        "explicit": False,
        "external_urls": {"spotify": f"https://open.spotify.com/track/{name}"},
        "is_local": False,
        "is_playable": True,
        "name": name,
        "preview_url": None,
        "type": "track",
        **changes,
    }


def playlist(name: str, /, **changes: Any) -> dict[str, Any]:
    """Return a playlist of a listener; Spotify's own appear as null."""
    return {
        "description": None,
        "external_urls": {"spotify": f"https://open.spotify.com/playlist/{name}"},
        "images": None,
        "items": {"total": 42},
        "name": name,
        "owner": {"display_name": None, "external_urls": {}},
        "type": "playlist",
        **changes,
    }


def found(kind: str, items: list[Any] | None, **more: Any) -> Answer:
    """Return the answer of a search for one kind of thing."""
    return as_json({f"{kind}s": {"items": items, "total": 800, "next": None, **more}})


@dataclass
class FakeSpotify:
    """Both services on one server.

    Attributes:
        library: how much there is to be found for any words.
        playlists: what every search for playlists finds instead.
        tokens: those still valid.
    """

    library: int = 1000
    playlists: Answer | None = None
    tokens: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def play(self, request: ReceivedRequest) -> Answer:
        if request.path == "/api/token":
            return self._token(request)
        if request.path == "/v1/search":
            return self._search(request)
        return as_json({"error": {"status": 404, "message": "Resource not found"}}, 404)

    def _token(self, request: ReceivedRequest) -> Answer:
        if request.headers.get("Authorization") != BASIC:
            return INVALID_CLIENT
        if request.method != "POST" or request.form != {"grant_type": "client_credentials"}:
            return as_json({"error": "unsupported_grant_type"}, 400)
        token = f"token-{next(self._numbers)}"
        self.tokens.add(token)
        return as_json({"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def _search(self, request: ReceivedRequest) -> Answer:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return EXPIRED
        limit, offset = int(request.params.get("limit", 5)), int(request.params.get("offset", 0))
        if not 0 < limit <= 10 or offset > 1000 or "market" not in request.params:
            return INVALID_LIMIT
        numbers = range(offset, min(offset + limit, self.library))
        words = "".join(filter(str.isalnum, request.params["q"]))
        if request.params["type"] == "playlist" and self.playlists:
            return self.playlists
        if request.params["type"] == "playlist":
            items = [None, *(playlist(f"{words}-{number}") for number in numbers)][:limit]
            return found("playlist", items)
        return found(
            "track", [track(f"{words}-{number}", f"{words} {number}") for number in numbers]
        )


@contextmanager
def spotify(fake: FakeSpotify) -> Iterator[FakeUpstream]:
    """Serve until the block ends."""
    with upstream(fake.play) as server:
        yield server


def searches(server: FakeUpstream) -> list[ReceivedRequest]:
    """Return what was searched for so far."""
    return [request for request in server.requests if request.path == "/v1/search"]


def token_requests(server: FakeUpstream) -> list[ReceivedRequest]:
    """Return the requests for a token so far."""
    return [request for request in server.requests if request.path == "/api/token"]
