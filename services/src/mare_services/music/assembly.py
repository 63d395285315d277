"""Creates the composer and its sources from the settings."""

import time
from collections.abc import Callable, Sequence
from functools import partial

from mare_services.contract.music import Composed, MusicRequest
from mare_services.music.adapters.catalogue import Catalogue, shipped_works
from mare_services.music.adapters.deezer import Deezer
from mare_services.music.adapters.spotify import Spotify
from mare_services.music.adapters.spotify_tokens import Tokens
from mare_services.music.composer import compose
from mare_services.music.domain.material import Material, MaterialQuery
from mare_services.music.settings import Live, Settings
from mare_services.upstream.budget import Clock
from mare_services.upstream.cache import Cache
from mare_services.upstream.client import JsonClient
from mare_services.upstream.guarded import Guarded, Spawn
from mare_services.upstream.sources import CachedSources

Compose = Callable[[MusicRequest], Composed]

STALE_LIFE = 64_800.0
"""Seconds, 18 hours. With the longest life of 6 hours nothing is cached for more than a day."""

NEGATIVE_LIFE = 5.0


def composer(settings: Settings, *, spawn: Spawn) -> Compose:
    """Return the function that composes a playlist; ``spawn`` as in :class:`Guarded`."""
    sources = [
        Guarded(_source(name, settings), spawn=spawn, rate=settings.calls_per_second)
        for name in settings.live_sources
    ]
    catalogue = Catalogue(shipped_works()) if settings.embedded else None
    return partial(compose, live=live_music(sources, settings, spawn), catalogue=catalogue)


def live_music(
    sources: Sequence[Guarded[MaterialQuery, Material]],
    settings: Settings,
    spawn: Spawn,
    clock: Clock = time.monotonic,
) -> CachedSources[MaterialQuery, Material]:
    cache: Cache[object, Material] = Cache(
        "music",
        life=settings.cache_seconds,
        stale_life=STALE_LIFE,
        negative_life=NEGATIVE_LIFE,
        size=settings.cache_entries,
        spawn=spawn,
        clock=clock,
    )
    return CachedSources(sources, cache, seconds=settings.live_seconds)


def _source(name: Live, settings: Settings) -> Spotify | Deezer:
    if name == "deezer":
        return Deezer(JsonClient(name, settings.deezer_url))
    accounts = JsonClient(name, settings.spotify_accounts_url)
    tokens = Tokens(
        accounts, settings.spotify_client_id, settings.spotify_client_secret, time.monotonic
    )
    return Spotify(JsonClient(name, settings.spotify_url), tokens)
