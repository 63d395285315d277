"""The Nameko service: four remote methods around the two use cases."""

import math
import os
from typing import Any

import eventlet
from nameko.extensions import DependencyProvider

from mare_nameko.service import register_errors, rpc
from mare_nameko.service.context import current
from mare_services.contract import wire
from mare_services.contract.errors import ServiceError
from mare_services.contract.places import Place, PlaceQuery, PlaceSearch
from mare_services.contract.weather import WeatherQuery
from mare_services.weather.assembly import locator, observer
from mare_services.weather.reporting import report
from mare_services.weather.settings import Settings

register_errors(ServiceError)

SECONDS_TO_ANSWER = 0.3
"""For the way back, out of a caller's deadline."""


class WeatherResources(DependencyProvider):
    """The use cases, assembled once for all workers: they share connections, data and memory."""

    def setup(self) -> None:
        """Read the settings; what is wrong with them stops the service before it takes a call."""
        settings = Settings.from_env(os.environ)
        self.locator = locator(settings, spawn=eventlet.spawn_n)
        self.observer = observer(settings, spawn=eventlet.spawn_n)

    def get_dependency(self, worker_ctx: Any) -> "WeatherResources":  # noqa: ARG002
        """Return the one that all share."""
        return self


class WeatherService:
    """Knows places and the weather there.

    Each method takes and returns plain JSON, and may raise ``InvalidRequest``.
    """

    name = "weather"

    station = WeatherResources()

    @rpc
    def locate(self, request: Any) -> Any:
        """Return a ``Located`` for a ``PlaceQuery``.

        Raises:
            PlaceNotFound: no place has the name.
            PlaceAmbiguous: a strict request names several places.
            SourceUnavailable: only with embedded sources switched off.
        """
        return wire.write(self.station.locator.locate(wire.read(request, PlaceQuery)))

    @rpc
    def search(self, request: Any) -> Any:
        """Return a ``PlaceList`` for a ``PlaceSearch``."""
        asked = wire.read(request, PlaceSearch)
        return wire.write(self.station.locator.search(asked))

    @rpc
    def current(self, request: Any) -> Any:
        """Return an ``Observed`` for a ``Place``.

        Raises:
            SourceUnavailable: only with embedded sources switched off.
        """
        place = wire.read(request, Place)
        return wire.write(self.station.observer.current(place, _patience()))

    @rpc
    def report(self, request: Any) -> Any:
        """Return a ``WeatherReport`` for a ``WeatherQuery``; errors as for the other methods."""
        asked = wire.read(request, WeatherQuery)
        station = self.station
        return wire.write(report(asked, station.locator, station.observer, _patience))


def _patience() -> float:
    """Return the seconds after which even a live answer would come too late for the caller."""
    context = current.get()
    remaining = context.remaining if context else None
    return math.inf if remaining is None else remaining - SECONDS_TO_ANSWER
