"""The Nameko service ``playlists``."""

import os
from datetime import UTC, datetime
from typing import Any

from nameko.extensions import DependencyProvider

from mare_nameko.service import RpcProxy, register_errors, rpc
from mare_services.contract import wire
from mare_services.contract.errors import ServiceError
from mare_services.contract.suggestion import SuggestionRequest
from mare_services.playlists.adapters.rpc import MusicRpc, WeatherRpc
from mare_services.playlists.settings import Settings
from mare_services.playlists.suggester import suggest
from mare_services.upstream.budget import Budget
from mare_services.upstream.cache import Cache

register_errors(ServiceError)


class PlaylistsResources(DependencyProvider):
    """Settings and cache, shared by all workers."""

    def setup(self) -> None:
        """Read the settings. An invalid setting stops the service before it takes a message."""
        self.settings = Settings.from_env(os.environ)
        self.cache: Cache[SuggestionRequest, Any] = Cache(
            "playlists",
            life=self.settings.cache_seconds,
            stale_life=0,
            negative_life=1,
            size=self.settings.cache_entries,
            is_stopgap=lambda suggestion: bool(suggestion["degraded"]),
        )

    def get_dependency(self, worker_ctx: Any) -> "PlaylistsResources":  # noqa: ARG002
        return self


class PlaylistsService:
    """Suggests a playlist that fits the weather at a place."""

    name = "playlists"

    weather = RpcProxy("weather")
    music = RpcProxy("music")
    resources = PlaylistsResources()

    @rpc
    def suggest(self, request: Any) -> Any:
        """Return a ``Suggestion`` for a ``SuggestionRequest``, as plain JSON.

        Raises:
            InvalidRequest: the request has to be changed.
            PlaceNotFound: no place has the name.
            PlaceAmbiguous: a strict query matches several places.
            SourceUnavailable: no source responds and embedded sources are switched off.
        """
        query = wire.read(request, SuggestionRequest)
        budget = Budget.of(self.resources.settings.wait_seconds)
        return self.resources.cache.get(query, lambda: self._suggestion(query), budget).value

    def _suggestion(self, query: SuggestionRequest) -> Any:
        suggestion = suggest(
            query,
            weather=WeatherRpc(self.weather),
            music=MusicRpc(self.music),
            now=datetime.now(UTC),
            default_market=self.resources.settings.market,
        )
        return wire.write(suggestion)
