"""Handles frames that py-amqp cannot decode.

RabbitMQ passes properties on as the publisher wrote them: a header with a time in milliseconds, an
id of 16 raw bytes. py-amqp decodes them while it reads the connection, before any consumer, and
raises errors of many types. Unhandled, such a message ends one process after the other.
"""

import struct
from collections.abc import Callable
from logging import getLogger
from typing import Any

from amqp import Connection, spec
from amqp.exceptions import AMQPError
from amqp.exceptions import ConnectionError as AMQPConnectionError
from amqp.method_framing import frame_handler

from mare_nameko.frame_buffer import Frame

_log = getLogger(__name__)

UNREADABLE = "application/x-unreadable"
"""Content type of messages with undecodable properties. No consumer accepts it."""

_METHOD, _HEADER = 1, 2
_DELIVER = struct.pack(">HH", *spec.Basic.Deliver)
_HAS_CONTENT_TYPE = 0x8000
_BEFORE_PROPERTIES = 12
"""Bytes of a header frame with the class and the size of the body."""


class UnreadableFrame(AMQPConnectionError):
    """Raised after the connection was closed because of an undecodable frame."""


def tolerant_frame_handler(
    connection: Connection, callback: Callable[..., Any]
) -> Callable[[Frame], bool]:
    """Return a frame handler for py-amqp's ``Connection``.

    A delivery with undecodable properties gets the content type :data:`UNREADABLE`, so that it is
    rejected alone. Any other undecodable frame raises UnreadableFrame.
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
            # A returned message is not replaced: its publisher would not recognize it.
            if kind == _HEADER and methods.get(channel) == _DELIVER:
                return bool(read((kind, channel, _with_other_properties(content))))
            if isinstance(error, AMQPError | OSError):
                raise
            _log.exception("Cannot decode a frame of the broker")
            # py-amqp would take all further frames for a part of this message.
            connection.collect()
            raise UnreadableFrame(f"unreadable frame: {error}") from error

    return on_frame


def _with_other_properties(header: bytes) -> bytes:
    content_type = UNREADABLE.encode()
    properties = struct.pack(">HB", _HAS_CONTENT_TYPE, len(content_type)) + content_type
    return header[:_BEFORE_PROPERTIES] + properties
