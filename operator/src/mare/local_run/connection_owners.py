"""Which process holds the connection of a consumer, by what the kernel tells in /proc."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from pathlib import Path

_AGAIN_SECONDS = 1.0
_PROC = Path("/proc")


class ConnectionOwners:
    """Names the process behind an address; `sessions` are the names of session leaders by id.

    An address that no process here has is its own name: another machine's, or a proxy's.
    """

    def __init__(
        self,
        sessions: Callable[[], Mapping[int, str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._known: dict[str, str] = {}
        self._known_sessions: Mapping[int, str] = {}
        self._looked_at = float("-inf")

    def process_at(self, address: str) -> str:
        """The name of the process that is at HOST:PORT."""
        sessions = self._sessions()
        if sessions != self._known_sessions or address not in self._known:
            now = self._clock()
            if now - self._looked_at >= _AGAIN_SECONDS:
                self._looked_at, self._known_sessions = now, sessions
                self._known = dict(_addresses(sessions))
        return self._known.get(address, address)


def _addresses(sessions: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    """Yield the addresses of the processes of each session, with its name."""
    sockets = dict(_sockets())
    for process in _PROC.glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is another user's
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
    """Yield each TCP socket of the machine, as a descriptor names it, with its own address."""
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                yield f"socket:[{fields[9]}]", _address(fields[1])


def _address(text: str) -> str:
    """HOST:PORT from the kernel's notation: words of four bytes, the last byte first."""
    host, _, port = text.partition(":")
    words = (bytes.fromhex(host[i : i + 8])[::-1] for i in range(0, len(host), 8))
    address = ip_address(b"".join(words))
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return f"{address}:{int(port, 16)}"
