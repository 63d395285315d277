"""The Nameko service ``music``."""

import os
from typing import Any

import eventlet
from nameko.extensions import DependencyProvider

from mare_nameko.service import register_errors, rpc
from mare_services.contract import wire
from mare_services.contract.errors import ServiceError
from mare_services.contract.music import MusicRequest
from mare_services.music.assembly import Compose, composer
from mare_services.music.settings import Settings

register_errors(ServiceError)


class MusicResources(DependencyProvider):
    """The composer, created once: all workers share connections and caches."""

    def setup(self) -> None:
        """Read the settings. An invalid setting stops the service before it takes a message."""
        self._compose = composer(Settings.from_env(os.environ), spawn=eventlet.spawn_n)

    def get_dependency(self, worker_ctx: Any) -> Compose:  # noqa: ARG002
        return self._compose


class MusicService:
    name = "music"

    compose_playlist = MusicResources()

    @rpc
    def compose(self, request: Any) -> Any:
        """Return a ``Composed`` for a ``MusicRequest``, as plain JSON."""
        return wire.write(self.compose_playlist(wire.read(request, MusicRequest)))
