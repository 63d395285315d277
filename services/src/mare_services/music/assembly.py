"""Creates the composer and its sources from the settings."""

import time
from collections.abc import Callable
from functools import partial

from mare_services.contract.music import Composed, MusicRequest
from mare_services.music.adapters.catalogue import Catalogue, shipped_works
from mare_services.music.adapters.deezer import Deezer
from mare_services.music.adapters.live import LiveMusic
from mare_services.music.adapters.spotify.source import Spotify
from mare_services.music.adapters.spotify.tokens import Tokens
from mare_services.music.composer import compose
from mare_services.music.settings import Live, Settings
from mare_services.upstream.client import JsonClient
from mare_services.upstream.guarded import Guarded, Spawn

Compose = Callable[[MusicRequest], Composed]


def composer(settings: Settings, *, spawn: Spawn) -> Compose:
    """Return the function that composes a playlist; ``spawn`` as in :class:`Guarded`."""
    live = LiveMusic(
        [
            Guarded(_source(name, settings), spawn=spawn, rate=settings.calls_per_second)
            for name in settings.live_sources
        ],
        seconds=settings.live_seconds,
        cache_seconds=settings.cache_seconds,
        cache_entries=settings.cache_entries,
        spawn=spawn,
    )
    catalogue = Catalogue(shipped_works()).material if settings.embedded else None
    return partial(compose, live=live.material, catalogue=catalogue)


def _source(name: Live, settings: Settings) -> Spotify | Deezer:
    if name == "deezer":
        return Deezer(JsonClient(name, settings.deezer_url))
    accounts = JsonClient(name, settings.spotify_accounts_url)
    tokens = Tokens(
        accounts, settings.spotify_client_id, settings.spotify_client_secret, time.monotonic
    )
    return Spotify(JsonClient(name, settings.spotify_url), tokens)
