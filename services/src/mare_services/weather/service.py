"""The Nameko service ``weather``."""

import math
import os
from typing import Any

import eventlet
from nameko.extensions import DependencyProvider

from mare_nameko.service import register_errors, rpc
from mare_nameko.service.context import current
from mare_services.contract import wire
from mare_services.contract.errors import ServiceError
from mare_services.contract.places import PlaceQuery, PlaceSearch
from mare_services.contract.weather import WeatherQuery, WeatherReport, for_reader
from mare_services.weather.assembly import locator, observer
from mare_services.weather.settings import Settings

register_errors(ServiceError)

SECONDS_TO_ANSWER = 0.3
"""Part of the caller's deadline that is reserved for the reply."""


class WeatherResources(DependencyProvider):
    """Locator and observer, created once: all workers share connections, data and caches."""

    def setup(self) -> None:
        """Read the settings. An invalid setting stops the service before it takes a message."""
        settings = Settings.from_env(os.environ)
        self.locator = locator(settings, spawn=eventlet.spawn_n)
        self.observer = observer(settings, spawn=eventlet.spawn_n)

    def get_dependency(self, worker_ctx: Any) -> "WeatherResources":  # noqa: ARG002
        return self


class WeatherService:
    """Finds places and their weather, from and as plain JSON."""

    name = "weather"

    resources = WeatherResources()

    @rpc
    def search(self, request: Any) -> Any:
        """Return a ``PlaceList`` for a ``PlaceSearch``."""
        return wire.write(self.resources.locator.search(wire.read(request, PlaceSearch)))

    @rpc
    def observe(self, request: Any) -> Any:
        """Return a ``WeatherReport`` for a ``PlaceQuery``: metric, with English conditions."""
        return wire.write(self._observed(wire.read(request, PlaceQuery)))

    @rpc
    def report(self, request: Any) -> Any:
        """Return a ``WeatherReport`` for a ``WeatherQuery``, in its units and language."""
        query = wire.read(request, WeatherQuery)
        return wire.write(self._observed(query, query))

    def _observed(self, query: PlaceQuery, reader: WeatherQuery | None = None) -> WeatherReport:
        located = self.resources.locator.locate(query)
        observed = self.resources.observer.observe(located.place, _time_left())
        weather = observed.weather
        return WeatherReport(
            place=located.place,
            weather=for_reader(weather, reader.units, reader.lang) if reader else weather,
            alternatives=located.alternatives,
            degraded=("weather",) if weather.degraded else (),
            attribution=(*located.attribution, *observed.attribution),
        )


def _time_left() -> float:
    """Return the seconds for which the caller still waits for a live response."""
    context = current.get()
    remaining = context.remaining if context else None
    return math.inf if remaining is None else remaining - SECONDS_TO_ANSWER
