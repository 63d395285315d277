"""Free TCP ports of this machine."""

import itertools
import os
import socket
from collections import deque

# Below 32768, where the kernel takes ports for outgoing connections: a server that restarts must
# find its port free.
_FIRST, _COUNT = 10_000, 20_000
_MOST_RESERVATIONS = 200

_numbers = itertools.count(os.getpid() * 100)  # spreads the first tries of several processes
_reservations: deque[int] = deque()
"""Descriptors of the sockets that reserve ports."""


def free_port() -> int:
    """Return a port on which nothing listens, and reserve it.

    `free_port` of another process does not return it until this process has ended or has reserved
    200 more.
    """
    for number in itertools.islice(_numbers, _COUNT):
        port = _FIRST + number % _COUNT
        if is_free(port) and _reserve(port):
            return port
    raise OSError(f"All ports from {_FIRST} to {_FIRST + _COUNT - 1} are in use.")


def is_free(port: int) -> bool:
    """Return whether a server could listen on `port` of every address."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("", port))
        except OSError:
            return False
        return True


def _reserve(port: int) -> bool:
    """Reserve a port; return False if another process has reserved it.

    Without a reservation, two processes find the same port free until one of them listens. The
    name of an abstract Unix socket is unique, needs no file, and disappears with its process.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as reservation:
        try:
            reservation.bind(f"\0mare-port-{port}")
        except OSError:
            return False
        _reservations.append(reservation.detach())
    if len(_reservations) > _MOST_RESERVATIONS:
        os.close(_reservations.popleft())
    return True
