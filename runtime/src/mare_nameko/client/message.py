"""Nameko's RPC protocol: what a request and a reply look like on the wire."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mare_nameko.client.encoding import HeaderValue, Route, publication
from mare_nameko.client.errors import BadReply, RemoteError

_encode = msgspec.json.Encoder().encode
_NO_KWARGS: dict[str, Any] = {}


class _Error(msgspec.Struct):
    exc_type: str
    exc_args: list[Any] = []
    value: str = ""


class _Reply(msgspec.Struct):
    result: Any = None
    error: _Error | None = None


_decode = msgspec.json.Decoder(_Reply).decode


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
    """Return the frames of one call.

    ``deadline`` is in seconds since the epoch. It is a header and no ``expiration``: what expires
    in a queue becomes a dead letter. Content type, reply address and correlation id are always
    there: a message without them ends a stock Nameko service.
    """
    headers: dict[str, HeaderValue] = {
        "nameko.call_id_stack": [f"{caller}.{correlation_id}"],
        "nameko.deadline": deadline,
    }
    for name, value in (context or {}).items():
        headers[f"nameko.{name}"] = value
    return publication(
        route,
        routing_key=target,
        headers=headers,
        correlation_id=correlation_id,
        body=_encode({"args": args, "kwargs": _NO_KWARGS}),
    )


def result(body: bytes) -> Any:
    """Return the result in a reply; raise RemoteError for an error in it, BadReply for nonsense."""
    try:
        reply = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadReply(f"cannot read the reply: {error}") from None
    if reply.error is not None:
        raise RemoteError(reply.error.exc_type, reply.error.exc_args, reply.error.value)
    return reply.result
