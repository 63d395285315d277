"""What the gateway needs of an RPC client; the fake of the tests implements it too."""

from collections.abc import Mapping
from typing import Any, Protocol


class Rpc(Protocol):
    """Calls methods of services."""

    def call(
        self, target: str, *args: Any, timeout: float, context: Mapping[str, str] | None = None
    ) -> Any:
        """Return what ``target`` (``service.method``) answers within ``timeout`` seconds.

        ``context`` travels as ``nameko.*`` headers, into nested calls too. Raises an
        :class:`~mare_nameko.client.errors.RpcError`.
        """
        ...

    def start(self) -> None:
        """Begin to connect, unless that has happened in this process; return at once."""
        ...

    def close(self) -> None:
        """Leave the broker."""
        ...

    @property
    def ready(self) -> bool:
        """Whether a call has a chance: connected, and the broker takes messages."""
        ...

    @property
    def alive(self) -> bool:
        """Whether the client can still do its work; False calls for a restart of the process."""
        ...

    @property
    def in_flight(self) -> int:
        """How many calls wait for their reply."""
        ...

    @property
    def connections(self) -> int:
        """How many connections were made since the start."""
        ...
