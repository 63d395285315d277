"""Encodes a request of Nameko's RPC protocol as the AMQP 0-9-1 frames that publish it.

py-amqp writes the same bytes at ten times the cost, in the thread that owns the connection: 15 % of
the time of a busy gateway. Callers use this module in their own threads.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any

import msgspec
from amqp.serialization import dumps

from mare_nameko.headers import CALL_ID_STACK, DEADLINE, PREFIX

_FRAME = Struct(">BHI")
_CONTENT_HEADER = Struct(">HHQH")
_METHOD_FRAME, _HEADER_FRAME, _BODY_FRAME = 1, 2, 3
_END = b"\xce"
_BASIC = 60
_PUBLISH = b"\x00\x3c\x00\x28\x00\x00"  # class, method, a reserved short
_MANDATORY = b"\x01"
_FRAME_OVERHEAD = 8

_FLAGS = 0x8000 | 0x4000 | 0x2000 | 0x1000 | 0x0400 | 0x0200 | 0x0080
"""Content type and encoding, headers, delivery mode, correlation id, reply to, message id."""

_JSON = b"\x10application/json\x05utf-8"
_TRANSIENT = b"\x01"

_encode = msgspec.json.Encoder().encode
_NO_KWARGS: dict[str, Any] = {}
_STACK_HEADER = PREFIX + CALL_ID_STACK
_DEADLINE_HEADER = PREFIX + DEADLINE

HeaderValue = str | float | list[str]


@dataclass(frozen=True, slots=True)
class Route:
    """The properties of a session that the frames of a request contain."""

    channel: int
    exchange: str
    reply_to: str
    frame_max: int


def request(
    route: Route,
    target: str,
    args: Sequence[Any],
    *,
    correlation_id: str,
    caller: str,
    deadline: float,
    context: Mapping[str, str] | None,
) -> bytes:
    """Return the frames of one call of ``service.method``, with a deadline since the epoch.

    Content type, ``reply_to`` and correlation id are always present: a stock Nameko service dies of
    a message without them. The correlation id, unique among all clients, is the message id as well.
    """
    headers: dict[str, HeaderValue] = {
        _STACK_HEADER: [f"{caller}.{correlation_id}"],
        _DEADLINE_HEADER: deadline,
    }
    for name, value in (context or {}).items():
        headers[PREFIX + name] = value
    return publication(
        route,
        routing_key=target,
        headers=headers,
        correlation_id=correlation_id,
        body=_encode({"args": args, "kwargs": _NO_KWARGS}),
    )


def publication(
    route: Route,
    *,
    routing_key: str,
    headers: Mapping[str, HeaderValue],
    correlation_id: str,
    body: bytes,
) -> bytes:
    """Return the frames that publish ``body`` as JSON, mandatory and transient."""
    message_id = _short(correlation_id)
    properties = b"".join(
        (_JSON, dumps("F", [headers]), _TRANSIENT, message_id, _short(route.reply_to), message_id)
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
