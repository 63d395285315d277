"""Asks the broker whether anybody consumes a service's queue, without waiting for the answer.

A synchronous question would hold up every call while the broker thinks about one queue, and a
quorum queue whose leader never came back is never answered for. While a leader is too busy for
250 ms or is being elected, the answer is 0 messages and 0 consumers
(docs/decisions/silence-is-not-zero.md). Without consumers, the call that is asked for would
be among the messages: such an answer tells nothing.
"""

from collections.abc import Callable
from struct import Struct
from typing import Any

from amqp import spec

_PREFIX = "rpc-"
_METHOD_FRAME = 1
_DECLARE_OK = b"\x00\x32\x00\x0b"
_COUNTS = Struct(">II")


class Inspector:
    """Asks on a channel of its own, for a queue that does not exist closes the channel.

    An answer that tells something goes to ``on_consumers``: the service and its consumers.
    """

    def __init__(self, channel: Any, on_consumers: Callable[[str, int], None]) -> None:
        self._channel = channel
        self._on_consumers = on_consumers

    def ask(self, service: str) -> None:
        queue = f"{_PREFIX}{service}"
        passive = (0, queue, True, False, False, False, False, None)
        self._channel.send_method(spec.Queue.Declare, "BsbbbbbF", passive)

    def take(self, kind: int, channel: int, payload: bytes) -> bool:
        """Handle one frame; whether it was an answer to a question of ours."""
        if channel != self._channel.channel_id or kind != _METHOD_FRAME:
            return False
        if payload[:4] != _DECLARE_OK:
            return False
        queue, messages, consumers = declared(payload)
        if messages or consumers:
            self._on_consumers(queue.removeprefix(_PREFIX), consumers)
        return True


def declared(payload: bytes) -> tuple[str, int, int]:
    """Return the queue, its ready messages and its consumers from a ``queue.declare-ok``."""
    end = 5 + payload[4]
    messages, consumers = _COUNTS.unpack_from(payload, end)
    return payload[5:end].decode("utf-8", "replace"), messages, consumers
