"""What the playlists service needs from other services."""

from typing import Protocol

from mare_services.contract.music import Composed, MusicRequest
from mare_services.contract.places import PlaceQuery
from mare_services.contract.weather import WeatherReport


class WeatherSource(Protocol):
    """Finds a place and its weather."""

    def observe(self, query: PlaceQuery) -> WeatherReport: ...


class MusicSource(Protocol):
    """Finds music for a mood."""

    def compose(self, request: MusicRequest) -> Composed: ...
