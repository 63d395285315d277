"""The weather and music services, called over AMQP."""

from typing import Any, Protocol, TypeVar

from mare_services.contract import wire
from mare_services.contract.errors import InvalidRequest, SourceFailed
from mare_services.contract.music import Composed, MusicRequest
from mare_services.contract.places import Located, Place, PlaceQuery
from mare_services.contract.weather import Observed

T = TypeVar("T")


class Proxy(Protocol):
    """What a Nameko RPC proxy offers: one method for every remote one."""

    def __getattr__(self, method: str) -> Any: ...


class WeatherRpc:
    """The weather service, as a :class:`~mare_services.playlists.ports.WeatherSource`."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    def locate(self, query: PlaceQuery) -> Located:
        return _answer("weather", self._proxy.locate(wire.write(query)), Located)

    def current(self, place: Place) -> Observed:
        return _answer("weather", self._proxy.current(wire.write(place)), Observed)


class MusicRpc:
    """The music service, as a :class:`~mare_services.playlists.ports.MusicSource`."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy

    def compose(self, request: MusicRequest) -> Composed:
        return _answer("music", self._proxy.compose(wire.write(request)), Composed)


def _answer(peer: str, data: Any, kind: type[T]) -> T:
    try:
        return wire.read(data, kind)
    except InvalidRequest as error:
        # Ours was fine: the fault is the peer's, so the caller must not be told to change it.
        raise SourceFailed(f"The {peer} service answered out of shape: {error}") from error
