"""Reads replies, confirms and consumer counts from AMQP frames without py-amqp's general decoder.

A busy gateway receives little else. Frames that are not recognized here are left to py-amqp.
"""

from collections.abc import Callable
from struct import Struct
from typing import Any

import msgspec
from amqp import spec

from mare_nameko.client.errors import BadReply, RemoteError

_METHOD_FRAME, _HEADER_FRAME, _BODY_FRAME = 1, 2, 3
_DELIVER = b"\x00\x3c\x00\x3c"
_ACK = b"\x00\x3c\x00\x50"
_DECLARE_OK = b"\x00\x32\x00\x0b"
_CLOSE_NOT_FOUND = b"\x00\x14\x00\x28\x01\x94"
"""The method ``channel.close`` and its reply code 404."""
_OPEN_OK = b"\x00\x14\x00\x0b"
_ACK_ARGUMENTS = Struct(">QB")
_BODY_SIZE_AND_FLAGS = Struct(">QH")
_LONG = Struct(">I")
_COUNTS = Struct(">II")

_CONTENT_TYPE = 0x8000
_CONTENT_ENCODING = 0x4000
_HEADERS = 0x2000
_DELIVERY_MODE = 0x1000
_PRIORITY = 0x0800
_CORRELATION_ID = 0x0400

_QUEUE_PREFIX = "rpc-"

MAX_REPLY_BYTES = 2**24
"""The longest message that RabbitMQ 4 accepts by default. RabbitMQ 3 accepts 128 MiB."""
_MAX_ERROR_CHARACTERS = 1_024
"""Of a type or a text of an exception, which occur in logs."""


class _Error(msgspec.Struct):
    exc_type: str
    exc_args: list[Any] = []
    value: str = ""


class _Reply(msgspec.Struct):
    result: Any = None
    error: _Error | None = None


_decode = msgspec.json.Decoder(_Reply).decode


def result(body: bytes) -> Any:
    """Return the result in the body of a reply, or raise RemoteError or BadReply."""
    if not body:
        raise BadReply(f"the reply is empty or longer than {MAX_REPLY_BYTES >> 20} MiB")
    try:
        reply = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply(f"cannot read the reply: {error}") from None
    if reply.error is not None:
        kind, text = reply.error.exc_type, reply.error.value
        raise RemoteError(
            kind[:_MAX_ERROR_CHARACTERS], reply.error.exc_args, text[:_MAX_ERROR_CHARACTERS]
        )
    return reply.result


class ReplyReader:
    """Reads deliveries and acks on one channel that has a single consumer.

    The body of a reply over `MAX_REPLY_BYTES` is empty.
    """

    def __init__(
        self,
        channel: int,
        on_reply: Callable[[str, bytes], None],
        on_ack: Callable[[int, bool], object],
    ) -> None:
        self._channel = channel
        self._on_reply = on_reply
        self._on_ack = on_ack
        self._delivering = False
        self._correlation_id = ""
        self._missing = 0
        self._is_too_long = False
        self._body: list[bytes] = []

    def take(self, kind: int, channel: int, payload: bytes) -> bool:
        """Process a frame; return False if py-amqp must process it."""
        if channel != self._channel:
            return False
        if kind == _METHOD_FRAME:
            return self._method(payload)
        if not self._delivering:
            return False
        if kind == _HEADER_FRAME:
            self._missing, self._correlation_id = content_header(payload)
            self._is_too_long = self._missing > MAX_REPLY_BYTES
        elif kind == _BODY_FRAME:
            self._missing -= len(payload)
            if not self._is_too_long:
                self._body.append(payload)
        else:
            return False
        if self._missing <= 0:
            self._finish()
        return True

    def _method(self, payload: bytes) -> bool:
        method = payload[:4]
        if method == _DELIVER:
            self._delivering = True
            return True
        if method == _ACK:
            tag, multiple = _ACK_ARGUMENTS.unpack_from(payload, 4)
            self._on_ack(tag, bool(multiple & 1))
            return True
        return False

    def _finish(self) -> None:
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body = []
        self._delivering = False
        self._on_reply(self._correlation_id, body)


def content_header(payload: bytes) -> tuple[int, str]:
    """Return body size and correlation id of a message; the id is empty if it has none."""
    size, flags = _BODY_SIZE_AND_FLAGS.unpack_from(payload, 4)
    if not flags & _CORRELATION_ID:
        return size, ""
    at = 14
    if flags & _CONTENT_TYPE:
        at += 1 + payload[at]
    if flags & _CONTENT_ENCODING:
        at += 1 + payload[at]
    if flags & _HEADERS:
        at += 4 + _LONG.unpack_from(payload, at)[0]
    if flags & _DELIVERY_MODE:
        at += 1
    if flags & _PRIORITY:
        at += 1
    return size, payload[at + 1 : at + 1 + payload[at]].decode("utf-8", "replace")


class ConsumerCounter:
    """Requests the number of consumers of a service's queue and does not wait for the answer.

    A synchronous request would delay all calls while the broker handles it, and is never answered
    for a quorum queue that lost its leader. For up to 250 ms, or during the election of a leader,
    the broker reports 0 messages and 0 consumers. That answer is ignored: without consumers, the
    call that waits would be one of the messages. (docs/decisions/silence-is-not-zero.md)

    Args:
        channel: a channel for this purpose only. The broker closes it if a queue does not exist.
        on_counts: called with the service, the messages that wait in its queue, and its consumers.
    """

    def __init__(self, channel: Any, on_counts: Callable[[str, int, int], None]) -> None:
        self._channel = channel
        self._is_open = True
        self._on_counts = on_counts

    def request(self, service: str) -> None:
        """Request the counts of a service; while the channel is being opened, do nothing."""
        if not self._is_open:
            return
        queue = f"{_QUEUE_PREFIX}{service}"
        passive = (0, queue, True, False, False, False, False, None)
        self._channel.send_method(spec.Queue.Declare, "BsbbbbbF", passive)

    def take(self, kind: int, channel: int, payload: bytes) -> bool:
        """Process a frame; return False if py-amqp must process it."""
        if channel != self._channel.channel_id or kind != _METHOD_FRAME:
            return False
        if payload.startswith(_CLOSE_NOT_FOUND):
            self._open_again()
            return True
        if payload[:4] == _OPEN_OK:
            self._is_open = True
            return True
        if payload[:4] != _DECLARE_OK:
            return False
        queue, messages, consumers = declared(payload)
        if messages or consumers:
            self._on_counts(queue.removeprefix(_QUEUE_PREFIX), messages, consumers)
        return True

    def _open_again(self) -> None:
        """Open the channel, which the broker closed because of a missing queue.

        py-amqp would wait for ``channel.open-ok`` here, and with it all calls in flight.
        """
        self._is_open = False
        self._channel.send_method(spec.Channel.CloseOk)
        self._channel.send_method(spec.Channel.Open, "s", ("",))


def declared(payload: bytes) -> tuple[str, int, int]:
    """Return queue, ready messages and consumers from the method ``queue.declare-ok``."""
    end = 5 + payload[4]
    messages, consumers = _COUNTS.unpack_from(payload, end)
    return payload[5:end].decode("utf-8", "replace"), messages, consumers
