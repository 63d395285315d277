"""Replies and confirms, read from their frames without py-amqp's general machinery.

A busy gateway receives little else. What this does not know is left to py-amqp.
"""

from collections.abc import Callable
from struct import Struct

_METHOD_FRAME, _HEADER_FRAME, _BODY_FRAME = 1, 2, 3
_DELIVER = b"\x00\x3c\x00\x3c"
_ACK = b"\x00\x3c\x00\x50"
_ACK_ARGUMENTS = Struct(">QB")
_BODY_SIZE_AND_FLAGS = Struct(">QH")
_LONG = Struct(">I")

_CONTENT_TYPE = 0x8000
_CONTENT_ENCODING = 0x4000
_HEADERS = 0x2000
_DELIVERY_MODE = 0x1000
_PRIORITY = 0x0800
_CORRELATION_ID = 0x0400


class Replies:
    """Takes the frames of deliveries and acks on one channel that has a single consumer."""

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
        self._body: list[bytes] = []

    def take(self, kind: int, channel: int, payload: bytes) -> bool:
        """Handle one frame; whether it was for us."""
        if channel != self._channel:
            return False
        if kind == _METHOD_FRAME:
            return self._method(payload)
        if not self._delivering:
            return False
        if kind == _HEADER_FRAME:
            self._missing, self._correlation_id = content_header(payload)
        elif kind == _BODY_FRAME:
            self._missing -= len(payload)
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
    """Return body size and correlation id; the id is empty where the message has none."""
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
