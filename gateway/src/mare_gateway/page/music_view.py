"""The playlist as the page shows it: safe links, and players where a source offers one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mare_gateway.page.words import Words

PLAYER_ORIGINS = ("https://open.spotify.com", "https://widget.deezer.com")
"""Origins of the frames that the page may load."""

_SPOTIFY = re.compile(
    r"https://open\.spotify\.com/(?:intl-\w+/)?(playlist|album|track)/(\w{22})(?:[?#].*)?"
)
_DEEZER = re.compile(
    r"https://(?:www\.)?deezer\.com/(?:\w\w/)?(playlist|album|track)/(\d+)(?:[?#].*)?"
)
_SERVICES = {"open.spotify.com": "Spotify", "deezer.com": "Deezer", "www.deezer.com": "Deezer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackView:
    title: str
    artists: str
    url: str | None
    """An https address, or None."""
    duration: str
    """Minutes and seconds; empty if unknown."""
    explicit: bool
    player: str | None
    """Address of a player in a frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistView:
    name: str
    url: str | None
    service: str
    """Name of the service that the link leads to."""
    player: str | None
    player_service: str
    tracks: tuple[TrackView, ...]


def playlist_view(playlist: Mapping[str, Any], words: Words) -> PlaylistView:
    tracks = tuple(_track(track) for track in playlist["tracks"])
    url = safe_url(playlist["url"])
    player = player_of(url) or next((track.player for track in tracks if track.player), None)
    return PlaylistView(
        name=playlist["name"],
        url=url,
        service=_service(url) or words("playlist.elsewhere"),
        player=player,
        player_service=_service(player and player.replace("widget.", "")),
        tracks=tracks,
    )


def safe_url(url: str | None) -> str | None:
    """Return an https address unchanged, and None for any other text."""
    if url is None or any(character.isspace() for character in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme == "https" and parts.hostname else None


def player_of(url: str | None) -> str | None:
    """Return the address of the player of a Spotify or Deezer link, or None."""
    if found := _SPOTIFY.fullmatch(url or ""):
        return f"{PLAYER_ORIGINS[0]}/embed/{found[1]}/{found[2]}"
    if found := _DEEZER.fullmatch(url or ""):
        return f"{PLAYER_ORIGINS[1]}/widget/auto/{found[1]}/{found[2]}"
    return None


def _track(track: Mapping[str, Any]) -> TrackView:
    url = safe_url(track["url"])
    return TrackView(
        title=track["title"],
        artists=", ".join(track["artists"]),
        url=url,
        duration=_duration(track.get("duration_seconds")),
        explicit=bool(track.get("explicit")),
        player=player_of(url),
    )


def _service(url: str | None) -> str:
    return _SERVICES.get(urlsplit(url or "").hostname or "", "")


def _duration(seconds: int | None) -> str:
    return f"{seconds // 60}:{seconds % 60:02}" if seconds else ""
