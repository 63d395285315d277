"""Frames that py-amqp cannot read cost a message at most, never the process.

RabbitMQ hands properties on as the publisher wrote them: a header with a time in milliseconds, an
id of sixteen raw bytes. py-amqp decodes them while it reads the connection, before anybody can
look, and raises whatever it stumbles over. Let through, that ends one process after the other.
"""

import struct
from collections.abc import Callable
from logging import getLogger
from typing import Any

from amqp import Connection, spec
from amqp.exceptions import AMQPError
from amqp.exceptions import ConnectionError as AMQPConnectionError
from amqp.method_framing import frame_handler

_log = getLogger(__name__)

Frame = tuple[int, int, bytes]
"""Type, number of the channel, content."""

UNREADABLE = "application/x-unreadable"
"""Content type that no consumer accepts: of messages whose own properties cannot be read."""

_METHOD, _HEADER = 1, 2
_DELIVER = struct.pack(">HH", *spec.Basic.Deliver)
_HAS_CONTENT_TYPE = 0x8000
_BEFORE_PROPERTIES = 12
"""Bytes of a header frame that say which class it belongs to and how long the body is."""


class UnreadableFrame(AMQPConnectionError):
    """Raised when the broker sends what cannot be read: the connection has been closed."""


def tolerant_frame_handler(
    connection: Connection, callback: Callable[..., Any]
) -> Callable[[Frame], bool]:
    """Return a frame handler for py-amqp's ``Connection``.

    A delivery with unreadable properties comes as one of the content type :data:`UNREADABLE`, to
    be rejected alone. Anything else that cannot be read raises UnreadableFrame.
    """
    read = frame_handler(connection, callback)
    methods: dict[int, bytes] = {}

    def on_frame(frame: Frame) -> bool:
        kind, channel, content = frame
        if kind == _METHOD:
            methods[channel] = content[:4]
        try:
            return bool(read(frame))
        except Exception as error:
            # A message of ours that comes back is not replaced: it would not be known again.
            if kind == _HEADER and methods.get(channel) == _DELIVER:
                return bool(read((kind, channel, _with_other_properties(content))))
            if isinstance(error, AMQPError | OSError):
                raise
            _log.exception("Cannot read what the broker sends")
            # At once: whatever is read from here on would be taken for a part of this message.
            connection.collect()
            raise UnreadableFrame(f"unreadable frame: {error}") from error

    return on_frame


def _with_other_properties(header: bytes) -> bytes:
    content_type = UNREADABLE.encode()
    properties = struct.pack(">HB", _HAS_CONTENT_TYPE, len(content_type)) + content_type
    return header[:_BEFORE_PROPERTIES] + properties
