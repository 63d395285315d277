"""The process in which gunicorn runs the application's threads."""

import select
import socket
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import msgspec
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.gthread import ThreadWorker

from gateway.identity import identify
from gateway.problems import INTERNAL, MEDIA_TYPE, Problem

_STAY_MILLISECONDS = 5


class Worker(ThreadWorker):
    """gunicorn's thread worker with two differences.

    A thread stays with its connection for a moment after an answer, so that a client that asks on
    does not cost two changes of threads; that is 15 % of the processor time of a busy gateway. And
    requests that are no HTTP get a problem document too.
    """

    def handle(self, conn: Any) -> Any:
        keep = super().handle(conn)
        while keep is True and self._may_stay() and _asks_on(conn.sock):
            keep = super().handle(conn)
        return keep

    def _may_stay(self) -> bool:
        return bool(self.alive and self.nr_conns <= self.cfg.threads)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:  # noqa: ARG002
        problem = _unreadable(exc)
        if problem is INTERNAL:
            self.log.error("Request failed outside the application", exc_info=exc)
        with suppress(OSError):
            client.sendall(_as_bytes(problem))


def _asks_on(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(_STAY_MILLISECONDS))


def _unreadable(error: BaseException) -> Problem:
    if isinstance(error, LimitRequestLine):
        return Problem(status=414, code="uri_too_long", detail="The address is too long.")
    if isinstance(error, LimitRequestHeaders):
        return Problem(status=431, code="headers_too_large", detail="The headers are too large.")
    if isinstance(error, ParseException):
        return Problem(status=400, code="bad_request", detail="This is not a valid HTTP request.")
    return INTERNAL


def _as_bytes(problem: Problem) -> bytes:
    request_id = identify(None).request_id
    body = msgspec.json.encode(problem.document(instance="", request_id=request_id))
    head = (
        f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\n"
        f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\n"
        f"X-Request-Id: {request_id}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
