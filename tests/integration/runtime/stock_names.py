"""Nameko's own names where a service under test looks for those of the runtime."""

from nameko.events import BROADCAST, EventDispatcher, event_handler
from nameko.rpc import RpcProxy, rpc
from nameko.timer import timer

__all__ = [
    "BROADCAST",
    "EventDispatcher",
    "RpcProxy",
    "event_handler",
    "register_errors",
    "rpc",
    "timer",
]


def register_errors(*_: type[BaseException]) -> None:
    """Do nothing: stock Nameko raises RemoteError."""
