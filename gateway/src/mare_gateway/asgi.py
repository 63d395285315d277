"""The gateway as an ASGI application: Flask runs in threads, for requests that have arrived whole.

granian has no time limit for bodies, and as a WSGI server it reads them in the threads of the
application: 8 clients that send half a body would occupy 8 threads for as long as they want.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from queue import SimpleQueue
from typing import Any

from werkzeug.wsgi import ClosingIterator

from mare_gateway.bodies import Bodies, Receive
from mare_gateway.caching.answer_cache import encode_fields
from mare_gateway.caching.middleware import Response, Wsgi
from mare_gateway.entry import Entry
from mare_gateway.environ import Environ, Scope, add_body, environ_of
from mare_gateway.problems import Refused
from mare_gateway.protocol import ARRIVED, REFUSED

log = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]
Reply = Callable[[Response], None]

_FAILED = Response(500, [(b"Content-Length", b"0")], b"")


class AsgiGateway:
    """Passes requests to ``entry``: to its early responses in the event loop, else in a thread."""

    def __init__(self, entry: Entry, *, threads: int, bodies: Bodies) -> None:
        self._entry = entry
        self._may_block = entry.may_block
        self._bodies = bodies
        self._waiting: SimpleQueue[tuple[Wsgi, Environ, Reply]] = SimpleQueue()
        # An executor would cost 30 µs more for a request.
        for number in range(threads):
            name = f"request-{number}"
            threading.Thread(target=self._work, name=name, daemon=True).start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        environ = environ_of(scope)
        if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
            try:
                body = await self._bodies.receive(receive, environ.get("CONTENT_LENGTH"))
                add_body(environ, body)
            except Refused as refused:
                environ[REFUSED] = refused.problem
                add_body(environ, b"")
        environ[ARRIVED] = time.perf_counter()
        if self._may_block:
            response = await self._run(self._entry, environ)
        else:
            early = self._entry.respond_early(environ)
            response = await self._run(self._entry.app, environ) if early is None else early
        status, fields, body = response
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    async def _run(self, app: Wsgi, environ: Environ) -> Response:
        """Return the response of ``app``, which one of the threads calls."""
        loop = asyncio.get_running_loop()
        response: asyncio.Future[Response] = loop.create_future()

        def reply(found: Response) -> None:
            loop.call_soon_threadsafe(_set, response, found)

        self._waiting.put((app, environ, reply))
        return await response

    def _work(self) -> None:
        while True:
            app, environ, reply = self._waiting.get()
            reply(_response_of(app, environ))


def _set(future: asyncio.Future[Response], response: Response) -> None:
    if not future.done():  # cancelled at the end of the process
        future.set_result(response)


def _response_of(app: Wsgi, environ: Environ) -> Response:
    """Return the whole response of a WSGI application."""
    status, headers = "", []

    def start_response(new: str, fields: list[tuple[str, str]], _: Any = None) -> None:
        nonlocal status, headers
        status, headers = new, fields

    try:
        chunks = app(environ, start_response)
        try:
            return Response(int(status[:3]), encode_fields(headers), b"".join(chunks))
        finally:
            if isinstance(chunks, ClosingIterator):
                chunks.close()
    except Exception:
        log.exception("Request failed")
        return _FAILED
