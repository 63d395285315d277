"""Bounds of the connections of clients, whose requests are heads without a body.

aiohttp (3.14) bounds the fields of a head, and how many requests wait behind the one that is being
answered: 50 MB for a connection. It does not bound the number of connections.
"""

import asyncio
import collections
import math
from functools import partial
from typing import Any

from aiohttp import web

from mare_gateway.clients import network_of

MAX_UNANSWERED = 16_384
"""Octets of the requests of one connection that are not answered yet."""


class BoundedSite(web.SockSite):
    """Accepts connections on a socket, and closes those beyond the bounds.

    Args:
        most: connections.
        most_of_address: connections of one client address, of IPv6 of a /64.
        options: of `web.RequestHandler`.
    """

    def __init__(
        self, *args: Any, most: int, most_of_address: float = math.inf, options: dict[str, Any]
    ) -> None:
        super().__init__(*args, backlog=1024)
        self._bounds = most, most_of_address
        self._options = options

    async def start(self) -> None:
        await web.BaseSite.start(self)
        loop = asyncio.get_running_loop()
        server, count = self._runner.server, collections.Counter[str]()
        assert server is not None
        make = partial(_Connection, server, count, *self._bounds, loop=loop, **self._options)
        self._server = await loop.create_server(make, sock=self._sock, backlog=self._backlog)


class _Connection(web.RequestHandler):
    __slots__ = ("_address", "_most", "_most_of_address", "_open", "_unanswered")

    def __init__(
        self,
        server: web.Server,
        count: collections.Counter[str],
        most: int,
        most_of_address: float,
        **options: Any,
    ) -> None:
        super().__init__(server, **options)
        self._open, self._most, self._most_of_address = count, most, most_of_address
        self._address = ""
        self._unanswered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        peer = transport.get_extra_info("peername") or ("",)  # it may have gone already
        self._address = network_of(peer[0])
        self._open[self._address] += 1
        is_one_too_many = self._open[self._address] > self._most_of_address
        if is_one_too_many or self._open.total() > self._most:
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._open[self._address] -= 1
        if not self._open[self._address]:
            del self._open[self._address]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unanswered += len(data)
        if self._unanswered > MAX_UNANSWERED:
            self.force_close()
        else:
            super().data_received(data)

    async def finish_response(self, *args: Any) -> Any:
        self._unanswered = 0
        return await super().finish_response(*args)
