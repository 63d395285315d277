"""What the playlists service needs from others."""

from typing import Protocol

from mare_services.contract.music import Composed, MusicRequest
from mare_services.contract.places import Located, Place, PlaceQuery
from mare_services.contract.weather import Observed


class WeatherSource(Protocol):
    """Knows places and the weather there."""

    def locate(self, query: PlaceQuery) -> Located: ...

    def current(self, place: Place) -> Observed: ...


class MusicSource(Protocol):
    """Knows music for a mood."""

    def compose(self, request: MusicRequest) -> Composed: ...
