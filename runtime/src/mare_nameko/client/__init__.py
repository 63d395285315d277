"""A client for Nameko services: many threads share one AMQP connection.

::

    client = RpcClient(Options(amqp_uri=AmqpUri("amqp://guest:guest@localhost/")))
    client.call("greeter.hello", "Ana", timeout=5.0)

The services may be stock Nameko services.
"""

from mare_nameko.addresses import AmqpUri, TlsFiles
from mare_nameko.client.client import RpcClient
from mare_nameko.client.errors import (
    BadReply,
    BrokerInAlarm,
    CallTimedOut,
    Disconnected,
    Overloaded,
    RemoteError,
    RpcError,
    ServiceUnavailable,
)
from mare_nameko.client.options import Options
from mare_nameko.client.subscription import EventSubscription

__all__ = [
    "AmqpUri",
    "BadReply",
    "BrokerInAlarm",
    "CallTimedOut",
    "Disconnected",
    "EventSubscription",
    "Options",
    "Overloaded",
    "RemoteError",
    "RpcClient",
    "RpcError",
    "ServiceUnavailable",
    "TlsFiles",
]
