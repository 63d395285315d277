"""Errors of the runtime, and the form of errors in replies.

Error types that both sides give to :func:`register_errors` are raised in the caller as the same
type. All others are raised as Nameko's ``RemoteError``.
"""

from typing import Any

from nameko.exceptions import (
    BadRequest,
    RemoteError,
    UnknownService,
    deserialize,
    deserialize_to_instance,
    registry,
    safe_for_serialization,
)


class DeadlineExceeded(Exception):
    """Raised in a handler when the caller's deadline has passed."""


class CallTimedOut(Exception):
    """Raised when a called service has not answered in time."""


class BadReply(Exception):
    """Raised when the reply of a called service cannot be decoded, or is none."""


class BrokerUnavailable(Exception):
    """Raised when the broker is unreachable, or does not confirm a message in time."""


class MessageRefused(BrokerUnavailable):
    """Raised when the broker refuses a message, for example because a queue is full."""


class MessageTooLong(MessageRefused):
    """Raised when a message is longer than the broker accepts: by default 16 MiB in RabbitMQ 4."""


def register_errors(*roots: type[BaseException]) -> None:
    """Let callers raise ``roots`` and their subclasses as these types instead of RemoteError."""
    for error_type in roots:
        deserialize_to_instance(error_type)
        register_errors(*error_type.__subclasses__())


register_errors(DeadlineExceeded, CallTimedOut, BadReply, BrokerUnavailable, UnknownService)


def is_expected(error: BaseException, declared: Any = ()) -> bool:
    """Return whether the interface declares ``error``. Its traceback is not logged."""
    return isinstance(error, (BadRequest, declared)) or type(error) in registry.values()


def write_error(error: BaseException) -> dict[str, Any]:
    """Return ``error`` in the form of Nameko's replies, with its numbers and nulls unchanged.

    Nameko converts every argument that is neither text nor a container to text: a ``retry_after``
    of 3 would become ``"3"``.
    """
    kind = type(error)
    return {
        "exc_type": kind.__name__,
        "exc_path": f"{kind.__module__}.{kind.__name__}",
        "exc_args": [_plain(argument) for argument in error.args],
        "value": safe_for_serialization(error),
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return safe_for_serialization(value)


def read_error(data: dict[str, Any]) -> BaseException:
    """Return the error in a reply. Malformed ones become RemoteError."""
    try:
        error: BaseException = deserialize(data)
    except Exception:  # noqa: BLE001  the constructor takes other arguments than the sender's
        error = RemoteError(exc_type=data.get("exc_type"), value=data.get("value"))
    return error
