"""JSON bodies of messages in kombu's format, without what is no JSON: NaN and infinity.

kombu's own functions are used for its typed values (dates, decimals, UUIDs) and for what msgspec
refuses (integers over 64 bits, lone surrogates). For all else msgspec takes a third of their time.
"""

import json
import math
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
from kombu.utils import json as kombu_json

SERIALIZER = {
    "encoder": f"{__name__}.encode",
    "decoder": f"{__name__}.decode",
    "content_type": "application/json",
    "content_encoding": "utf-8",
}
"""An entry of Nameko's setting ``SERIALIZERS``."""

_TYPED = b'"__type__"'

_encode_fast: Callable[[Any], bytes] = msgspec.json.Encoder().encode
_decode_fast: Callable[[bytes], Any] = msgspec.json.Decoder().decode
_encode_all: Callable[[Any], str] = kombu_json.JSONEncoder(allow_nan=False).encode


def encode(value: Any) -> bytes:
    """Return ``value`` as JSON.

    Raises:
        ValueError: it contains NaN or infinity.
        TypeError: it contains an object of a type that kombu cannot encode.
    """
    if _is_plain(value):
        with suppress(OverflowError, UnicodeEncodeError):
            return _encode_fast(value)
    return _encode_all(value).encode()


def decode(body: bytes | memoryview | str) -> Any:
    """Return the value of a body, or raise ValueError; NaN and infinity are no JSON."""
    content = body.encode() if isinstance(body, str) else bytes(body)
    if _TYPED not in content:
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            return _decode_fast(content)
    return kombu_json.loads(content, _loads=_loads_finite)


def _is_plain(value: Any) -> bool:
    """Return whether msgspec writes ``value`` as kombu does. It writes NaN as null."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return True
    if kind is float:
        return math.isfinite(value)
    if kind is dict:
        return all(type(key) is str for key in value) and all(map(_is_plain, value.values()))
    return (kind is list or kind is tuple) and all(map(_is_plain, value))


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is no number of JSON")
    return value


_loads_finite = partial(json.loads, parse_constant=_finite, parse_float=_finite)
