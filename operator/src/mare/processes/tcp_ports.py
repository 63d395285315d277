"""Free TCP ports of this machine."""

import itertools
import os
import socket
from collections import deque

# Below the range that the kernel gives to outgoing connections (from 32768 on), so that a server
# that stops and starts again finds its port still free.
_FIRST, _COUNT = 10_000, 20_000
_MOST_CLAIMS = 200

_numbers = itertools.count(os.getpid() * 100)  # each process begins where few others look
_claims: deque[int] = deque()
"""Descriptors of sockets that stand for ports."""


def free_port() -> int:
    """Return a port on which nothing listens, and that no other process gets meanwhile.

    It is kept from others until this process has asked for 200 more, or has ended.
    """
    for number in itertools.islice(_numbers, _COUNT):
        port = _FIRST + number % _COUNT
        if is_free(port) and _claim(port):
            return port
    raise OSError(f"All ports from {_FIRST} to {_FIRST + _COUNT - 1} are taken.")


def is_free(port: int) -> bool:
    """Tell whether a server could listen on ``port`` of any address."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("", port))
        except OSError:
            return False
        return True


def _claim(port: int) -> bool:
    """Keep a port from processes that ask here as well; False if another one has it.

    Between this look and the moment at which a server listens, two processes would find the same
    port free. A name among the kernel's abstract Unix sockets is one's own, needs no file, and goes
    with the process however it ends.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as claim:
        try:
            claim.bind(f"\0mare-port-{port}")
        except OSError:
            return False
        _claims.append(claim.detach())
    if len(_claims) > _MOST_CLAIMS:
        os.close(_claims.popleft())
    return True
