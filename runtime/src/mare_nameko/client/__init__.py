"""A client for Nameko services: many threads, one AMQP connection, each reply to its caller.

Usable without the rest of the gateway::

    client = RpcClient(Options(amqp_uri=AmqpUri("amqp://guest:guest@localhost/")))
    client.call("greeter.hello", "Ana", timeout=5.0)

Works with unmodified Nameko services.
"""

from mare_nameko.addresses import AmqpUri, TlsFiles
from mare_nameko.client.client import RpcClient
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
    "AmqpUri",
    "BadReply",
    "CallTimedOut",
    "Disconnected",
    "Options",
    "Overloaded",
    "RemoteError",
    "Rpc",
    "RpcClient",
    "RpcError",
    "ServiceUnavailable",
    "TlsFiles",
]
