"""A Service of the nodes: each connection reaches a node that accepts it, in turn."""

import contextlib
import itertools
import socket
import threading
from collections.abc import Sequence
from typing import Self

_CONNECT_SECONDS = 1.0


class Service:
    """Forwards each connection to ``address``; use it in a ``with`` block."""

    def __init__(self, hosts: Sequence[str], port: int) -> None:
        self._hosts = [(host, port) for host in hosts]
        self._turn = itertools.count()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), self._node() as node:
            threading.Thread(target=_copy, args=[client, node], daemon=True).start()
            _copy(node, client)

    def _node(self) -> socket.socket:
        """Return a connection to the next node; raise OSError if no node accepts one."""
        first = next(self._turn)
        for number in range(first, first + len(self._hosts)):
            address = self._hosts[number % len(self._hosts)]
            with contextlib.suppress(OSError):
                node = socket.create_connection(address, _CONNECT_SECONDS)
                node.settimeout(None)
                return node
        raise ConnectionRefusedError


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
