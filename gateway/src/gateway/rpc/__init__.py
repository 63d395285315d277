"""A client for Nameko services: many threads, one AMQP connection, each reply to its caller.

Usable without the rest of the gateway::

    client = RpcClient(Options(endpoints=parse_uri("amqp://guest:guest@localhost/")))
    client.call("greeter.hello", "Ana", timeout=5.0)

Works with unmodified Nameko services.
"""

from gateway.rpc.client import RpcClient
from gateway.rpc.endpoints import Endpoint, Tls, parse_uri
from gateway.rpc.errors import (
    BadReply,
    CallTimedOut,
    Disconnected,
    Overloaded,
    RemoteError,
    RpcError,
    ServiceUnavailable,
)
from gateway.rpc.options import Options
from gateway.rpc.port import Rpc

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
