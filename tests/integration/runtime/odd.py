"""Messages that no client library writes by itself, and RabbitMQ hands on all the same."""

import struct

import amqp

from tests.vhost import Vhost


def _short(text: bytes) -> bytes:
    return struct.pack("B", len(text)) + text


RAW_ID = b"\xff\xfe\x00\x01"


class OddMessage(amqp.Message):
    """A message with properties that are bytes already."""

    def __init__(self, body: bytes, properties: bytes) -> None:
        super().__init__(body)
        self._raw = properties

    def _serialize_properties(self) -> bytes:
        return self._raw


def odd_properties(header: bytes = b"") -> bytes:
    """Return those of a request for JSON, with ``header``: a name and a value with its type."""
    flags = 0x8000 | 0x2000 | 0x0400 | 0x0200
    texts = [_short(text) for text in (b"application/json", b"c-1", b"absent")]
    table = struct.pack(">I", len(header)) + header
    return struct.pack(">H", flags) + texts[0] + table + texts[1] + texts[2]


def header_of(name: bytes, kind: bytes, value: bytes) -> bytes:
    return _short(name) + kind + value


IN_MILLISECONDS = header_of(b"sent_at", b"T", struct.pack(">Q", 1_700_000_000_000))
WITH_A_RAW_NAME = header_of(RAW_ID, b"t", b"\x01")


def publish_odd(
    vhost: Vhost, exchange: str, routing_key: str | bytes, body: bytes, properties: bytes
) -> None:
    with vhost.connect() as connection:
        channel = connection.channel()
        channel.confirm_select()
        channel.basic_publish_confirm(OddMessage(body, properties), exchange, routing_key)
