"""The Nameko service: one remote method around the use case."""

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


class Composer(DependencyProvider):
    """The use case, assembled once for all workers: they share its connections and its memory."""

    def setup(self) -> None:
        """Read the settings and assemble."""
        self._compose = composer(Settings.from_env(os.environ), spawn=eventlet.spawn_n)

    def get_dependency(self, worker_ctx: Any) -> Compose:  # noqa: ARG002
        """Return the one that all share."""
        return self._compose


class MusicService:
    """Turns a mood into a playlist."""

    name = "music"

    composer = Composer()

    @rpc
    def compose(self, request: Any) -> Any:
        """Return a ``Composed`` for a ``MusicRequest``, as plain JSON.

        Raises:
            InvalidRequest: the request cannot be interpret.
            SourceUnavailable: there is no music; only with the catalogue switched off.
        """
        return wire.write(self.composer(wire.read(request, MusicRequest)))
