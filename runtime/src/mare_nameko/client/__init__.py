"""A client for Nameko services: many threads, one AMQP connection, each reply to its caller.

Usable without the rest of the gateway::

    client = RpcClient(Options(endpoints=parse_uri("amqp://guest:guest@localhost/")))
    client.call("greeter.hello", "Ana", timeout=5.0)

Works with unmodified Nameko services.
"""

from mare_nameko.client.client import RpcClient
from mare_nameko.client.endpoints import Endpoint, Tls, parse_uri
from mare_nameko.client.errors import (
    BadReply,
    CallTimedOut,
    Disconnected,
    Overloaded,
    RemoteError,
    RpcError,
    ServiceUnavailable,
)
from mare_nameko.client.options import Options
from mare_nameko.client.port import Rpc

__all__ = [
    "BadReply",
    "CallTimedOut",
    "Disconnected",
    "Endpoint",
    "Options",
    "Overloaded",
    "RemoteError",
    "Rpc",
    "RpcClient",
    "RpcError",
    "ServiceUnavailable",
    "Tls",
    "parse_uri",
]
