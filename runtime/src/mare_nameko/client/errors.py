"""Why a call can fail.

::

    RpcError
    ├── Disconnected            no connection to the broker, or it was lost before the reply came
    ├── Overloaded              the broker, the queue or this client takes no more calls now
    ├── ServiceUnavailable      nobody is there to answer: no queue, no consumer, or circuit open
    ├── CallTimedOut            the deadline passed before the reply came
    ├── BadReply                the reply is not what Nameko's protocol says
    └── RemoteError             the service answered with an exception

After ``Disconnected`` and ``CallTimedOut`` the call may have been executed, or still be. After
``Overloaded`` and ``ServiceUnavailable`` it was not executed, with three exceptions: a call that
was in flight when the broker raised an alarm, one whose queue lost its leader while it took the
message, and one that waits for a service without consumers: when they come, a stock service
executes it, and one of ours sees that its deadline has passed.
"""

from collections.abc import Sequence
from typing import Any


class RpcError(Exception):
    """Base of everything that :meth:`RpcClient.call` raises."""


class Disconnected(RpcError):
    """Raised when there is no connection to the broker, or it is lost before the reply."""


class Overloaded(RpcError):
    """Raised when too many calls are in flight, the queue is full or the broker is in alarm."""


class ServiceUnavailable(RpcError):
    """Raised when the service has no queue or no consumer, or kept timing out."""


class CallTimedOut(RpcError):
    """Raised when the deadline passes before the reply arrives."""


class BadReply(RpcError):
    """Raised when a reply cannot be understood."""


class RemoteError(RpcError):
    """Raised when the service answers with an exception.

    Attributes:
        exc_type: the name of the exception's class; receivers decide by it.
        exc_args: the arguments, as plain JSON values.
    """

    def __init__(self, exc_type: str, exc_args: Sequence[Any] = (), value: str = "") -> None:
        super().__init__(f"{exc_type}: {value}" if value else exc_type)
        self.exc_type = exc_type
        self.exc_args = tuple(exc_args)
