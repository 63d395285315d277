"""Deezer's API: no key, and errors that come with status 200."""

from typing import Any

from tests.fakes.upstreams.server import Answer, ReceivedRequest, as_json


def error(code: int, kind: str = "Exception", message: str = "Something is wrong") -> Answer:
    """Return an error as Deezer sends it."""
    return as_json({"error": {"type": kind, "message": message, "code": code}})


QUOTA_EXCEEDED = error(4, message="Quota limit exceeded")
SERVICE_BUSY = error(700, "Exception", "Service busy")
NO_DATA = error(800, "DataException", "no data")


def track(title: str, artist: str = "Somebody", /, **changes: Any) -> dict[str, Any]:
    """Return a track as a playlist shows it."""
    return {
        "id": 3135556,
        "readable": True,
        "title": title,
        "link": f"https://www.deezer.com/track/{title}",
        "duration": 224,
        "explicit_lyrics": False,
        "artist": {"id": 27, "name": artist},
        "album": {"id": 302127, "title": "An album"},
        "type": "track",
        **changes,
    }


def playlist(number: int, title: str, /, **changes: Any) -> dict[str, Any]:
    """Return a playlist as a search shows it."""
    return {
        "id": number,
        "title": title,
        "public": True,
        "nb_tracks": 60,
        "link": f"https://www.deezer.com/playlist/{number}",
        "type": "playlist",
        **changes,
    }


def play(request: ReceivedRequest) -> Answer:
    """Find playlists for any words, each with tracks of its own."""
    if request.path == "/search/playlist":
        found = [playlist(number, f"{request.params['q']} {number}") for number in range(1, 8)]
        return as_json({"data": found, "total": 7})
    number = request.path.removeprefix("/playlist/").removesuffix("/tracks")
    if not number.isdigit():
        return NO_DATA
    tracks = range(int(request.params.get("limit", 25)))
    data = [track(f"{number}-{each}", f"Artist {number} {each}") for each in tracks]
    return as_json({"data": data, "total": 60})
