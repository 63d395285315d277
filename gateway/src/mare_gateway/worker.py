"""The process in which gunicorn runs the application's threads."""

import select
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gunicorn.util import close_graceful
from gunicorn.workers.gthread import ThreadWorker

from mare_gateway import heads, refusals
from mare_gateway.problems import INTERNAL

_STAY_MILLISECONDS = 5
TAKING_SECONDS = 15.0
"""For a client to take its answer, on top of the time that the application has to make it; Swagger
UI, the largest, is 1.5 MB."""


class Worker(ThreadWorker):
    """gunicorn's thread worker, with threads that wait for services and not for clients.

    The main thread keeps each connection until the head of a request has arrived, and cuts off one
    that holds its thread for too long. Farewells, which may take two seconds, are said by threads:
    meanwhile the main thread would accept nobody.

    A thread stays with its connection for a moment after an answer, so that a client that asks on
    does not cost two changes of threads; that is 15 % of the processor time of a busy gateway. And
    requests that are no HTTP get a problem document too.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # An application that another program serves does not say how long its requests may take.
        longest_request = getattr(self.app, "longest_request", self.cfg.timeout)
        self._patience = longest_request + TAKING_SECONDS
        self._cut_off_at: dict[socket.socket, float] = {}

    def enqueue_req(self, conn: Any) -> None:
        conn.init()
        if heads.arrived(conn):
            super().enqueue_req(conn)
        elif heads.begun(conn):
            conn.timeout = time.monotonic() + heads.SECONDS
            self._keep(conn, self.pending_conns, self.on_pending_socket_readable)
        else:
            conn.set_timeout()
            self._keep(conn, self.keepalived_conns, self.on_client_socket_readable)

    def _keep(
        self, conn: Any, kept: deque[Any], readable: Callable[[Any, socket.socket], None]
    ) -> None:
        kept.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, lambda client: readable(conn, client))

    def on_pending_socket_readable(self, conn: Any, client: socket.socket) -> None:
        if heads.arrived(conn):
            super().on_pending_socket_readable(conn, client)

    def murder_pending(self) -> None:
        super().murder_pending()
        now = time.monotonic()
        for sock, cut_off_at in list(self._cut_off_at.items()):
            if cut_off_at < now:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def handle(self, conn: Any) -> Any:
        keep = self._answer(conn)
        while keep is True and self._may_stay() and _asks_on(conn):
            keep = self._answer(conn)
        if not keep:
            _take_leave(conn.sock)
        return keep

    def _answer(self, conn: Any) -> Any:
        """Have one request answered; return whether the connection may be kept."""
        self._cut_off_at[conn.sock] = time.monotonic() + self._patience
        try:
            if too_long := heads.too_long(conn):
                self.handle_error(None, conn.sock, conn.client, too_long)
                return False
            return super().handle(conn)
        finally:
            del self._cut_off_at[conn.sock]

    def _may_stay(self) -> bool:
        return bool(self.alive and self.nr_conns <= self.cfg.threads)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:  # noqa: ARG002
        problem = refusals.problem_of(exc)
        if problem is INTERNAL:
            self.log.error("Request failed outside the application", exc_info=exc)
        with suppress(OSError):
            client.sendall(refusals.as_bytes(problem))


def _asks_on(conn: Any) -> bool:
    """Wait for a moment; return whether another request is here."""
    if not heads.begun(conn):
        poll = select.poll()
        poll.register(conn.sock, select.POLLIN)
        if not poll.poll(_STAY_MILLISECONDS):
            return False
    return heads.arrived(conn)


def _take_leave(sock: socket.socket) -> None:
    """Do what gunicorn's main thread would do next, so that it finds nothing left to wait for."""
    with suppress(OSError):
        close_graceful(sock.dup())
        sock.shutdown(socket.SHUT_RD)
