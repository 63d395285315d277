"""A request as the AMQP 0-9-1 frames that publish it, ready to be written.

py-amqp builds the same bytes, but in the thread that owns the connection and at ten times the
cost; there it was 15 % of what a busy gateway did. Callers use this in their own threads.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from struct import Struct

_FRAME = Struct(">BHI")
_CONTENT_HEADER = Struct(">HHQH")
_LONG = Struct(">I")
_DOUBLE = Struct(">d")
_METHOD_FRAME, _HEADER_FRAME, _BODY_FRAME = 1, 2, 3
_END = b"\xce"
_BASIC = 60
_PUBLISH = b"\x00\x3c\x00\x28\x00\x00"  # class, method, a reserved short
_MANDATORY = b"\x01"
_FRAME_OVERHEAD = 8

_FLAGS = 0x8000 | 0x4000 | 0x2000 | 0x1000 | 0x0400 | 0x0200
"""Content type and encoding, headers, delivery mode, correlation id, reply to."""

_JSON = b"\x10application/json\x05utf-8"
_TRANSIENT = b"\x01"

HeaderValue = str | float | list[str]


@dataclass(frozen=True, slots=True)
class Route:
    """What callers must know of a session to encode a request for it."""

    channel: int
    exchange: str
    reply_to: str
    frame_max: int


def publication(
    route: Route,
    *,
    routing_key: str,
    headers: Mapping[str, HeaderValue],
    correlation_id: str,
    body: bytes,
) -> bytes:
    """Return the frames that publish ``body`` as JSON, mandatory and transient."""
    properties = b"".join(
        (
            _JSON,
            _table(headers),
            _TRANSIENT,
            _short(correlation_id),
            _short(route.reply_to),
        )
    )
    header = _CONTENT_HEADER.pack(_BASIC, 0, len(body), _FLAGS) + properties
    limit = route.frame_max - _FRAME_OVERHEAD
    return b"".join(
        (
            _publish_method(route.channel, route.exchange, routing_key),
            _frame(_HEADER_FRAME, route.channel, header),
            *(
                _frame(_BODY_FRAME, route.channel, body[start : start + limit])
                for start in range(0, len(body), limit)
            ),
        )
    )


@functools.lru_cache(maxsize=256)
def _publish_method(channel: int, exchange: str, routing_key: str) -> bytes:
    arguments = _PUBLISH + _short(exchange) + _short(routing_key) + _MANDATORY
    return _frame(_METHOD_FRAME, channel, arguments)


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return _FRAME.pack(kind, channel, len(payload)) + payload + _END


def _short(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > 255:  # noqa: PLR2004 - the length has one octet
        raise ValueError(f"too long for AMQP: {text[:40]}...")
    return len(encoded).to_bytes(1, "big") + encoded


def _long(text: str) -> bytes:
    encoded = text.encode()
    return b"S" + _LONG.pack(len(encoded)) + encoded


def _table(headers: Mapping[str, HeaderValue]) -> bytes:
    table = b"".join([_short(name) + _field(value) for name, value in headers.items()])
    return _LONG.pack(len(table)) + table


def _field(value: HeaderValue) -> bytes:
    if isinstance(value, str):
        return _long(value)
    if isinstance(value, list):
        items = b"".join([_long(item) for item in value])
        return b"A" + _LONG.pack(len(items)) + items
    return b"d" + _DOUBLE.pack(value)
