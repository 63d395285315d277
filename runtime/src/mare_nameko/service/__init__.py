"""Nameko for Kubernetes, built on Nameko's extension points.

The names are Nameko's: a service changes its imports and its command::

    from mare_nameko.service import EventDispatcher, RpcProxy, event_handler, rpc, timer

    class Playlists:
        name = "playlists"
        weather = RpcProxy("weather")

        @rpc
        def suggest(self, request): ...

``mare-nameko run package.module:Playlists`` runs it, and :func:`serve` from Python.

A name is imported when it is first used: eventlet must patch the standard library before Nameko is
imported, and an import of the settings must not import Nameko.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nameko.events import BROADCAST as BROADCAST
    from nameko.events import SERVICE_POOL as SERVICE_POOL
    from nameko.events import SINGLETON as SINGLETON

    from mare_nameko.service.errors import BadReply as BadReply
    from mare_nameko.service.errors import BrokerUnavailable as BrokerUnavailable
    from mare_nameko.service.errors import CallTimedOut as CallTimedOut
    from mare_nameko.service.errors import DeadlineExceeded as DeadlineExceeded
    from mare_nameko.service.errors import register_errors as register_errors
    from mare_nameko.service.events import EventDispatcher as EventDispatcher
    from mare_nameko.service.events import consume as consume
    from mare_nameko.service.events import event_handler as event_handler
    from mare_nameko.service.patcher import monkey_patch as monkey_patch
    from mare_nameko.service.rpc_entrypoint import rpc as rpc
    from mare_nameko.service.rpc_proxy import RpcProxy as RpcProxy
    from mare_nameko.service.runner import serve as serve
    from mare_nameko.service.settings import Settings as Settings
    from mare_nameko.service.timer_entrypoint import timer as timer

_HOMES = {
    "nameko.events": ["BROADCAST", "SERVICE_POOL", "SINGLETON"],
    "mare_nameko.service.errors": [
        "BadReply", "BrokerUnavailable", "CallTimedOut", "DeadlineExceeded", "register_errors",
    ],
    "mare_nameko.service.events": ["EventDispatcher", "consume", "event_handler"],
    "mare_nameko.service.patcher": ["monkey_patch"],
    "mare_nameko.service.rpc_entrypoint": ["rpc"],
    "mare_nameko.service.rpc_proxy": ["RpcProxy"],
    "mare_nameko.service.runner": ["serve"],
    "mare_nameko.service.settings": ["Settings"],
    "mare_nameko.service.timer_entrypoint": ["timer"],
}  # fmt: skip


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
