"""A sender of AMQP 1.0, as far as the broker's first credit: no client is a dependency."""

import socket
import struct

_SASL, _PLAIN_AMQP = b"AMQP\x03\x01\x00\x00", b"AMQP\x00\x01\x00\x00"
_MECHANISMS, _INIT, _OUTCOME = 0x40, 0x41, 0x44
_OPEN, _BEGIN, _ATTACH, _FLOW = 0x10, 0x11, 0x12, 0x13
_TARGET, _SOURCE = 0x29, 0x28
_NULL, _ZERO, _FALSE = b"\x40", b"\x43", b"\x42"
_LINK_CREDIT = 6
"""Its place among the fields of a flow."""


def first_credit(port: int, user: str, password: str, queue: str) -> int:
    """Return how many messages the broker lets a new link send to a queue before it answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        file = connection.makefile("rwb")

        def send(data: bytes) -> None:
            file.write(data)
            file.flush()

        def receive(performative: int) -> bytes:
            """Return the fields of the next frame of this kind."""
            while True:
                (size,) = struct.unpack(">I", file.read(4))
                body = file.read(size - 4)[4:]
                if body and body[2] == performative:
                    return _fields(body[3:])

        send(_SASL)
        assert file.read(8) == _SASL
        receive(_MECHANISMS)
        answer = f"\0{user}\0{password}".encode()
        send(_frame(1, _INIT, b"\xa3\x05PLAIN", b"\xa0" + bytes([len(answer)]) + answer))
        receive(_OUTCOME)
        send(_PLAIN_AMQP)
        assert file.read(8) == _PLAIN_AMQP
        send(_frame(0, _OPEN, _text("sender"), _text("vhost:/")))
        window = b"\x52\x64"
        send(_frame(0, _BEGIN, _NULL, _ZERO, window, window))
        target = _list(_TARGET, _text(f"/queues/{queue}"))
        fields = (_text("link"), _ZERO, _FALSE, _NULL, _NULL, _list(_SOURCE), target)
        send(_frame(0, _ATTACH, *fields, _NULL, _NULL, _ZERO))
        return _numbers(receive(_FLOW))[_LINK_CREDIT] or 0


def _text(value: str) -> bytes:
    return b"\xa1" + bytes([len(value)]) + value.encode()


def _list(descriptor: int, *fields: bytes) -> bytes:
    content = b"".join(fields)
    described = b"\x00\x53" + bytes([descriptor])
    return described + b"\xc0" + bytes([len(content) + 1, len(fields)]) + content


def _frame(kind: int, performative: int, *fields: bytes) -> bytes:
    body = _list(performative, *fields)
    return struct.pack(">IBBH", len(body) + 8, 2, kind, 0) + body


def _fields(encoded: bytes) -> bytes:
    """Return the content of a list, without its constructor, size and count."""
    return encoded[{0x45: 1, 0xC0: 3, 0xD0: 9}[encoded[0]] :]


def _numbers(fields: bytes) -> list[int | None]:
    """Return the values of a flow, whose fields are numbers or absent."""
    sizes = {0x40: 0, 0x41: 0, 0x42: 0, 0x43: 0, 0x52: 1, 0x56: 1, 0x70: 4}
    found: list[int | None] = []
    while fields:
        size = sizes.get(fields[0])
        if size is None:  # the properties, a map, are last
            break
        value = int.from_bytes(fields[1 : 1 + size]) if size or fields[0] == 0x43 else None
        found.append(value)
        fields = fields[1 + size :]
    return found
