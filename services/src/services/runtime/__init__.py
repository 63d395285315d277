"""Nameko made fit for Kubernetes, over Nameko's own extension points.

The names are Nameko's, so that a service changes its imports and nothing else::

    from services.runtime import EventDispatcher, RpcProxy, event_handler, rpc, timer

    class Playlists:
        name = "playlists"
        weather = RpcProxy("weather")

        @rpc
        def suggest(self, request): ...

``python -m services.runtime package.module:Playlists`` runs it; :func:`serve` does from Python.

A name is imported when it is first used: eventlet has to patch the standard library before
anything of Nameko is imported, and whoever wants only the settings pays for nothing else.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nameko.timer import timer as timer

    from services.runtime.errors import BrokerUnavailable as BrokerUnavailable
    from services.runtime.errors import CallTimedOut as CallTimedOut
    from services.runtime.errors import DeadlineExceeded as DeadlineExceeded
    from services.runtime.errors import register_errors as register_errors
    from services.runtime.events import BROADCAST as BROADCAST
    from services.runtime.events import SERVICE_POOL as SERVICE_POOL
    from services.runtime.events import SINGLETON as SINGLETON
    from services.runtime.events import EventDispatcher as EventDispatcher
    from services.runtime.events import consume as consume
    from services.runtime.events import event_handler as event_handler
    from services.runtime.greening import go_green as go_green
    from services.runtime.methods import rpc as rpc
    from services.runtime.proxies import RpcProxy as RpcProxy
    from services.runtime.runner import serve as serve
    from services.runtime.settings import Settings as Settings

_HOMES = {
    "nameko.timer": ["timer"],
    "services.runtime.errors": [
        "BrokerUnavailable", "CallTimedOut", "DeadlineExceeded", "register_errors",
    ],
    "services.runtime.events": [
        "BROADCAST", "SERVICE_POOL", "SINGLETON", "EventDispatcher", "consume", "event_handler",
    ],
    "services.runtime.greening": ["go_green"],
    "services.runtime.methods": ["rpc"],
    "services.runtime.proxies": ["RpcProxy"],
    "services.runtime.runner": ["serve"],
    "services.runtime.settings": ["Settings"],
}  # fmt: skip


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
