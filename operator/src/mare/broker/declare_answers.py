"""What a passive declare shows of a queue: its depth, or why it is unknown."""

from typing import NamedTuple

from aiormq.exceptions import (
    ChannelAccessRefused,
    ChannelClosed,
    ChannelLockedResource,
    ChannelNotFoundEntity,
)

from mare.domain.unknown import Unknown

_SILENT, _UNSUPPORTED = "LeaderSilent", "NotReported"


class Depth(NamedTuple):
    ready: int
    consumers: int


Answer = Depth | Unknown


def silent(name: str) -> Unknown:
    return Unknown(_SILENT, f"queue {name} does not answer", name)


def late(name: str) -> Unknown:
    """Return the answer of a queue whose leader probably did not answer RabbitMQ."""
    return Unknown(_SILENT, f"the leader of queue {name} does not answer", name)


def delayed(name: str) -> Unknown:
    """Return the answer of a queue while requests to no queue are late as well."""
    return Unknown(
        _SILENT, f"queue {name} answers late, as the broker or the operator is busy", name
    )


def not_found(name: str) -> Unknown:
    return Unknown("QueueNotFound", f"queue {name} does not exist", name)


def unsupported(name: str) -> Unknown:
    """Return the answer of a queue whose name is not 255 bytes of ASCII, as aiormq needs it."""
    text = f"AMQP cannot read queue {name}; it needs management-uri or prometheus-uri"
    return Unknown(_UNSUPPORTED, text, name)


def is_silent(answer: Answer) -> bool:
    return isinstance(answer, Unknown) and answer.reason == _SILENT


def is_unsupported(answer: Answer) -> bool:
    """Return whether AMQP cannot declare the queue by its name. Statistics may contain it."""
    return isinstance(answer, Unknown) and answer.reason == _UNSUPPORTED


def cause(error: ChannelClosed, name: str) -> Unknown:
    """Return why the broker closed the channel of a declare."""
    match error:
        case ChannelNotFoundEntity() if "home node" in str(error):
            return Unknown(_SILENT, f"the node of queue {name} is down", name)
        case ChannelNotFoundEntity():
            return not_found(name)
        case ChannelLockedResource():
            return Unknown("QueueExclusive", f"queue {name} is exclusive to one connection", name)
        case ChannelAccessRefused():
            return Unknown("QueueRefused", f"this user may not read queue {name}", name)
        case _:  # such as 541, of an error in the broker
            return Unknown(_SILENT, f"the broker answers with an error for queue {name}", name)
