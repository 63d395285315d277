"""The gateway as an ASGI application: Flask runs in threads, for requests that have arrived whole.

granian has no time limit for bodies, and as a WSGI server it reads them in the threads of the
application: 8 clients that send half a body would occupy 8 threads for as long as they want.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from werkzeug.wsgi import ClosingIterator

from mare_gateway.bodies import Bodies, Disconnected, Receive
from mare_gateway.caching.middleware import Response, Wsgi
from mare_gateway.entry import Entry
from mare_gateway.environ import Environ, Scope, add_body, environ_of
from mare_gateway.problems import Refused
from mare_gateway.protocol import ARRIVED, REFUSED

log = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]

_FAILED = Response("500 INTERNAL SERVER ERROR", [("Content-Length", "0")], b"")


class AsgiGateway:
    """Passes requests to ``entry``: to its early responses in the event loop, else in a thread."""

    def __init__(self, entry: Entry, *, threads: int, bodies: Bodies) -> None:
        self._entry = entry
        self._bodies = bodies
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        environ = environ_of(scope)
        if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
            try:
                body = await self._bodies.receive(receive, environ.get("CONTENT_LENGTH"))
                add_body(environ, body)
            except Refused as refused:
                environ[REFUSED] = refused.problem
                add_body(environ, b"")
            except Disconnected:
                return
        environ[ARRIVED] = time.perf_counter()
        response = await self._respond(environ)
        await send(_start(response))
        await send({"type": "http.response.body", "body": response.body})

    async def _respond(self, environ: Environ) -> Response:
        loop = asyncio.get_running_loop()
        if self._entry.may_block:
            return await loop.run_in_executor(self._threads, _run, self._entry, environ)
        early = self._entry.respond_early(environ)
        if early is not None:
            return early
        return await loop.run_in_executor(self._threads, _run, self._entry.app, environ)


def _start(response: Response) -> dict[str, Any]:
    headers = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in response.headers]
    status = int(response.status[:3])
    return {"type": "http.response.start", "status": status, "headers": headers}


def _run(app: Wsgi, environ: Environ) -> Response:
    """Return the whole response of a WSGI application."""
    status, headers = "", []

    def start_response(new: str, fields: list[tuple[str, str]], _: Any = None) -> None:
        nonlocal status, headers
        status, headers = new, fields

    try:
        chunks = app(environ, start_response)
        try:
            return Response(status, headers, b"".join(chunks))
        finally:
            if isinstance(chunks, ClosingIterator):
                chunks.close()
    except Exception:
        log.exception("Request failed")
        return _FAILED
