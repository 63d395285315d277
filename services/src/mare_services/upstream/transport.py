"""Connections to upstreams that cannot hold the process, whatever they send."""

import io
from http.client import HTTPResponse
from typing import Any

import eventlet
from eventlet import patcher
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class ResponseTooLong(ConnectionAbortedError):
    """Raised while a response is read."""


class _BoundedReads(io.RawIOBase):
    """Counts bytes and lets other green threads run after each read.

    A socket of eventlet yields only while it has no data. An upstream that sends without end would
    stop all green threads, and with them the timer of the budget.
    """

    def __init__(self, socket: io.RawIOBase, most_bytes: int) -> None:
        self._socket = socket
        self._left = most_bytes
        self._is_green = patcher.is_monkey_patched("socket")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._is_green:
            eventlet.sleep(0)
        size: int | None = self._socket.readinto(buffer)
        self._left -= size or 0
        if self._left < 0:
            raise ResponseTooLong
        return size

    def close(self) -> None:
        self._socket.close()
        super().close()


class BoundedResponse(HTTPResponse):
    most_bytes = 2_097_152
    """As they are received: status lines, headers, chunk sizes and trailers included."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reads = _BoundedReads(self.fp.detach(), self.most_bytes)
        self.fp: io.BufferedReader = io.BufferedReader(reads)


class _Connection(HTTPConnection):
    response_class = BoundedResponse


class _TLSConnection(HTTPSConnection):
    response_class = BoundedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


_POOLS = {"http": _Pool, "https": _TLSPool}


class BoundedAdapter(HTTPAdapter):
    """Raises ``requests.ConnectionError`` or urllib3's ``ProtocolError`` for too long responses."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
