"""Finds the process that owns a consumer's connection, in /proc."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from pathlib import Path

_RESCAN_SECONDS = 1.0
_PROC = Path("/proc")


class ConnectionOwners:
    """Maps client addresses to the names of processes.

    `sessions` returns the names by session id: each process leads a session of its own. An address
    that belongs to no process of a session is returned as it is, for example that of a proxy.
    """

    def __init__(self, sessions: Callable[[], Mapping[int, str]]) -> None:
        self._sessions = sessions
        self._known: dict[str, str] = {}
        self._known_sessions: Mapping[int, str] = {}
        self._scanned_at = float("-inf")

    def process_at(self, address: str) -> str:
        sessions = self._sessions()
        if sessions != self._known_sessions or address not in self._known:
            now = time.monotonic()
            if now - self._scanned_at >= _RESCAN_SECONDS:
                self._scanned_at, self._known_sessions = now, sessions
                self._known = dict(_addresses(sessions))
        return self._known.get(address, address)


def _addresses(sessions: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    """Yield each address of a process of a session, with the name of the session."""
    sockets = dict(_sockets())
    for process in _PROC.glob("[0-9]*"):
        with suppress(OSError):  # the process has ended, or belongs to another user
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            name = sessions.get(int(fields[3]))
            if name is None:
                continue
            for descriptor in (process / "fd").iterdir():
                with suppress(OSError):
                    address = sockets.get(str(descriptor.readlink()))
                    if address is not None:
                        yield address, name


def _sockets() -> Iterator[tuple[str, str]]:
    """Yield each TCP socket, by the name that a descriptor links to, with its local address."""
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                yield f"socket:[{fields[9]}]", _address(fields[1])


def _address(text: str) -> str:
    """Parse the kernel's notation: words of four bytes, each with its last byte first."""
    host, _, port = text.partition(":")
    words = (bytes.fromhex(host[i : i + 8])[::-1] for i in range(0, len(host), 8))
    address = ip_address(b"".join(words))
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return f"{address}:{int(port, 16)}"
