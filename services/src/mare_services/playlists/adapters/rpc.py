"""The weather and music services, called by RPC."""

from typing import Any, Protocol, TypeVar

from mare_services.contract import wire
from mare_services.contract.errors import InvalidRequest, SourceFailed
from mare_services.contract.music import Composed, MusicRequest
from mare_services.contract.places import PlaceQuery
from mare_services.contract.weather import WeatherReport

T = TypeVar("T")


class Proxy(Protocol):
    """A Nameko RPC proxy: it has a method for each method of the service."""

    def __getattr__(self, method: str) -> Any: ...


class WeatherRpc:
    """The weather service, as a :class:`~mare_services.playlists.ports.WeatherSource`."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    def observe(self, query: PlaceQuery) -> WeatherReport:
        return _read("weather", self._proxy.observe(wire.write(query)), WeatherReport)


class MusicRpc:
    """The music service, as a :class:`~mare_services.playlists.ports.MusicSource`."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    def compose(self, request: MusicRequest) -> Composed:
        return _read("music", self._proxy.compose(wire.write(request)), Composed)


def _read(service: str, reply: Any, kind: type[T]) -> T:
    try:
        return wire.read(reply, kind)
    except InvalidRequest as error:
        # InvalidRequest would tell the caller to change its request, which is not at fault.
        raise SourceFailed(f"The reply of {service} has an unknown format: {error}") from error
