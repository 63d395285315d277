"""A receiver of callbacks on a real socket that can lie in every way.

A behaviour is a function that gets the connection and writes what it wants to it.
"""

import socket
import ssl
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

PATIENCE = 120.0


@dataclass
class Received:
    target: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Listens on 127.0.0.1 until the end of the ``with`` block.

    Args:
        certificate: of trustme; without one it speaks plain HTTP.

    ``answered`` counts the behaviours that wrote everything they wanted to.
    """

    def __init__(self, behave=None, certificate=None):
        self.behave = behave or status(204)
        self.received = []
        self.server_names = []
        self.connections = 0
        self.answered = 0
        self._tls = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(self._tls)
            self._tls.sni_callback = lambda _socket, name, _context: self.server_names.append(name)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}/hook"
        self._open = True

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._open = False
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while self._open:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with suppress(OSError, ValueError, LookupError):  # also what is no request
            connection.settimeout(PATIENCE)
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self.received.append(_read(connection))
            self.behave(connection)
            self.answered += 1
        with suppress(OSError):
            connection.close()


def _read(connection):
    file = connection.makefile("rb")
    target = file.readline().split()[1].decode()
    headers = {}
    while line := file.readline().strip():
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    size = int(headers["content-length"])
    body = file.read(size)
    if len(body) < size:
        raise ConnectionError("the sender has ended within the body")
    return Received(target, headers, body)


def status(code, **headers):
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    answer = f"HTTP/1.1 {code} Told\r\n{lines}Content-Length: 2\r\n\r\nok".encode()
    return lambda connection: connection.sendall(answer)


def stall(connection):
    """Answer nothing until the client gives up."""
    connection.recv(1)


def drip(connection):
    """Send a byte of an endless header now and then."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def endless_headers(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(1_000_000):
        connection.sendall(b"X-%d: %s\r\n" % (number, b"x" * 1000))


def long_header(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n")


def endless_interim(connection):
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def gigabyte(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    for _ in range(1024):
        connection.sendall(bytes(2**20))


def endless_chunks(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1;" + b"x" * 60_000 + b"\r\nx\r\n")


def garbage(connection):
    connection.sendall(b"\x00\xffSSH-2.0-OpenSSH_9.9\r\n" * 10)


def hang_up(_connection):
    """Close without an answer."""


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
