"""The Nameko service: one remote method around the use case."""

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
    """What all workers share: the settings, and the answers given a moment ago."""

    def setup(self) -> None:
        """Read the settings and start with nothing remembered."""
        self.settings = Settings.from_env(os.environ)
        self.answers: Cache[SuggestionRequest, Any] = Cache(
            "playlists",
            life=self.settings.cache_seconds,
            stale_life=0,
            negative_life=1,
            size=self.settings.cache_entries,
            is_stopgap=lambda answer: bool(answer["degraded"]),
        )

    def get_dependency(self, worker_ctx: Any) -> "PlaylistsResources":  # noqa: ARG002
        """Return the one desk."""
        return self


class PlaylistsService:
    """Finds a playlist that fits the weather at a place."""

    name = "playlists"

    weather = RpcProxy("weather")
    music = RpcProxy("music")
    desk = PlaylistsResources()

    @rpc
    def suggest(self, request: Any) -> Any:
        """Return a ``Suggestion`` for a ``SuggestionRequest``, as plain JSON.

        Raises:
            InvalidRequest: the request cannot be interpret.
            PlaceNotFound: no place has the name.
            PlaceAmbiguous: a strict request names several places.
            SourceUnavailable: only with embedded sources switched off.
        """
        asked = wire.read(request, SuggestionRequest)
        budget = Budget.of(self.desk.settings.wait_seconds)
        return self.desk.answers.get(asked, lambda: self._answer(asked), budget).value

    def _answer(self, asked: SuggestionRequest) -> Any:
        suggestion = suggest(
            asked,
            weather=WeatherRpc(self.weather),
            music=MusicRpc(self.music),
            now=datetime.now(UTC),
            default_market=self.desk.settings.market,
        )
        return wire.write(suggestion)
