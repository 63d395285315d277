"""What a client may take its time for, at each port that clients reach: head, body, answer."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

HEAD_SECONDS = 75
"""Time for a whole request head, from the start of the connection or the end of the last response.
Proxies close idle connections after 60 s; a server that closes first makes them fail requests."""

UNREAD_MILLISECONDS = 30_000
"""Time after which the kernel closes a connection whose client does not acknowledge or read."""


_ALL = "::"


def address(host: str) -> str:
    """Return where to listen for ``host``: ``::``, all addresses, needs a machine with IPv6."""
    return "0.0.0.0" if host == _ALL and not socket.has_dualstack_ipv6() else host  # noqa: S104


def family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def open_port(host: str, port: int) -> socket.socket:
    """Return a socket that listens; on ``::`` for IPv4 too. Raises OSError if the port is taken."""
    host = address(host)
    of = family(host)
    return socket.create_server((host, port), family=of, backlog=1024, dualstack_ipv6=host == _ALL)


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens; accepted ones inherit the time for reading an answer."""
    listener = open_port(host, port)
    _limit_unread(listener)
    return listener


def limit_unread_answers(port: int) -> None:
    """Give the sockets of this process that listen on ``port`` the time for reading an answer.

    granian (2.8.9) opens its socket itself, and writes an answer without a time limit.
    """
    for each in _own_sockets():
        with each:
            listens = each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            if listens and each.family != socket.AF_UNIX and each.getsockname()[1] == port:
                _limit_unread(each)


def _own_sockets() -> Iterator[socket.socket]:
    """Yield duplicates of the sockets that are open in this process."""
    for entry in Path("/dev/fd").iterdir():
        with suppress(OSError):  # the descriptor of the folder is closed by now
            if stat.S_ISSOCK(os.fstat(int(entry.name)).st_mode):
                yield socket.socket(fileno=os.dup(int(entry.name)))


def _limit_unread(listener: socket.socket) -> None:
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS)
