"""Brokers of a hostile tenant, on 127.0.0.1, each with one way to use up a client.

Each is a process of its own, as a broker is: what it takes from the interpreter of a bench would
count as a delay of the operator.
"""

import socket
import socketserver
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache

from mare.processes.command import DIES_WITH_US

_CHUNK = bytes(65_536)
_MOST_BYTES = 2**30
"""What one connection sends at most."""

_LIST_OF_QUEUES = 3
"""Slashes in the path of the queues of a virtual host."""

Attack = Callable[[socketserver.BaseRequestHandler], None]


def huge_frame(handler: socketserver.BaseRequestHandler) -> None:
    """Announce an AMQP frame of 2 GB as the first one, and send 1 GB of it."""
    handler.request.recv(8)
    handler.request.sendall(b"\x01\x00\x00\x7f\xff\xff\xff")
    _flood(handler, _CHUNK)


def endless_list(handler: socketserver.BaseRequestHandler) -> None:
    """Answer a request of the management API with a list that does not end."""
    handler.request.recv(65_536)
    handler.request.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n["
    )
    _flood(handler, b'{"name": "queue", "vhost": "/", "messages": 1},' * 1_000)


def endless_text(handler: socketserver.BaseRequestHandler) -> None:
    """Answer a request for the management API with one text that does not end."""
    handler.request.recv(65_536)
    handler.request.sendall(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[{"name": "')
    _flood(handler, b"a" * 65_536)


def silence(handler: socketserver.BaseRequestHandler) -> None:
    """Accept a connection and send nothing."""
    time.sleep(60)


def drip(handler: socketserver.BaseRequestHandler) -> None:
    """Send one byte of a valid AMQP frame a second."""
    for byte in b"\x01\x00\x00\x00\x00\xff\xff" + bytes(60):
        handler.request.sendall(bytes([byte]))
        time.sleep(1)


def reset(handler: socketserver.BaseRequestHandler) -> None:
    """Reset the connection after the first byte."""
    handler.request.recv(1)
    linger = struct.pack("ii", 1, 0)
    handler.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def hanging_queues(handler: socketserver.BaseRequestHandler) -> None:
    """Answer the statistics of a management API, and no request for one queue."""
    while request := handler.request.recv(65_536):
        path = request.split(b" ")[1].partition(b"?")[0]
        is_of_queues = path.startswith(b"/api/queues/")
        if is_of_queues and path.count(b"/") > _LIST_OF_QUEUES:
            time.sleep(60)
            return
        body = b"{}" if path.startswith((b"/api/cluster", b"/api/health")) else b"[]"
        if is_of_queues:
            body = b'[{"name":"empty","type":"classic","messages_ready":0,"consumers":1,'
            body += b'"messages_unacknowledged":0}]'
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        handler.request.sendall(head.encode() + body)


def interim(handler: socketserver.BaseRequestHandler) -> None:
    """Answer a request with interim responses that do not end."""
    handler.request.recv(65_536)
    _flood(handler, b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1_000)


def queues(names: Iterable[str]) -> Attack:
    """Return an attack that answers the statistics of each virtual host with these queues."""
    queue = '{{"name":"{}","type":"classic","messages_ready":0,"consumers":0,'
    queue += '"messages_unacknowledged":0}}'

    @cache
    def listed() -> bytes:
        return f"[{','.join(queue.format(name) for name in names)}]".encode()

    def answer(handler: socketserver.BaseRequestHandler) -> None:
        while request := handler.request.recv(65_536):
            path = request.split(b" ")[1].partition(b"?")[0]
            body = b"{}" if path.startswith((b"/api/cluster", b"/api/health")) else b"[]"
            if path.startswith(b"/api/queues/") and path.count(b"/") == _LIST_OF_QUEUES:
                body = listed()
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
            handler.request.sendall(head.encode() + body)

    return answer


def _flood(handler: socketserver.BaseRequestHandler, chunk: bytes) -> None:
    sent = 0
    while sent < _MOST_BYTES:
        handler.request.sendall(chunk)
        sent += len(chunk)


ATTACKS: Mapping[str, Attack] = {
    "huge-frame": huge_frame,
    "silence": silence,
    "drip": drip,
    "reset": reset,
    "endless-list": endless_list,
    "endless-text": endless_text,
    "interim": interim,
    "hanging-queues": hanging_queues,
    "long-names": queues([f"{'a' * 200}-{number}" for number in range(5_000)]),
    "many-queues": queues([f"queue-{number}" for number in range(29_000)]),
}


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False


@contextmanager
def hostile_broker(attack: str) -> Iterator[int]:
    """Serve one of ATTACKS to each connection; yield the port."""
    with subprocess.Popen(
        [*DIES_WITH_US, sys.executable, "-m", __name__, attack], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def main() -> None:
    attack = ATTACKS[sys.argv[1]]

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                attack(self)

    with _Server(("127.0.0.1", 0), Handler) as server:
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
