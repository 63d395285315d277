"""What the playlists service needs from other services."""

from typing import Protocol

from mare_services.contract.music import Composed, MusicRequest
from mare_services.contract.places import PlaceQuery
from mare_services.contract.weather import WeatherReport


class WeatherSource(Protocol):
    def observe(self, query: PlaceQuery) -> WeatherReport: ...


class MusicSource(Protocol):
    def compose(self, request: MusicRequest) -> Composed: ...
