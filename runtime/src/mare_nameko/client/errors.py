"""The exceptions of :meth:`RpcClient.call`.

After ``Disconnected`` and ``CallTimedOut`` the service may have executed the call, or may do so
later. After ``Overloaded`` and ``ServiceUnavailable`` it has not, except in three cases:

* The call was in flight when the broker raised an alarm that lasted for more than 2 s.
* The queue lost its leader while it took the message.
* The call waited for a service without consumers. A stock Nameko service that starts later executes
  it; a service on mare-nameko drops it because its deadline has passed.
"""

from collections.abc import Sequence
from typing import Any


class RpcError(Exception):
    """Base of the exceptions that :meth:`RpcClient.call` raises."""


class Disconnected(RpcError):
    """Raised when there is no connection to the broker, or it is lost before the reply."""


class Overloaded(RpcError):
    """Raised when too many calls are in flight or wait, or the broker is in alarm."""


class BrokerInAlarm(Overloaded):
    """Raised when the broker takes no messages because it lacks disk space or memory."""


class ServiceUnavailable(RpcError):
    """Raised when the service has no queue or no consumer, or its circuit is open."""


class CallTimedOut(RpcError):
    """Raised when the deadline passes before the reply arrives."""


class BadReply(RpcError):
    """Raised when a reply cannot be decoded."""


class RemoteError(RpcError):
    """Raised when the service answers with an exception."""

    def __init__(self, exc_type: str, exc_args: Sequence[Any] = (), value: str = "") -> None:
        super().__init__(f"{exc_type}: {value}" if value else exc_type)
        self.exc_type = exc_type
        self.exc_args = tuple(exc_args)
