"""``python -m local.front``: the one address of ``make run``, as an ingress is in a cluster.

Streams go to the events process, everything else to the gateway. The addresses of clients are
passed on in X-Forwarded-For.
"""

import asyncio
import os
import re
import signal
import sys
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import aiohttp
from aiohttp import web
from msgspec import Meta
from multidict import CIMultiDict
from yarl import URL

from mare.serving import serving
from mare_gateway.bodies import SECONDS as BODY_SECONDS
from mare_gateway.bodies import TOO_LARGE, TOO_SLOW
from mare_gateway.events.streams import problem_response
from mare_gateway.listeners import HEAD_SECONDS, listening_socket
from mare_gateway.problems import Problem, Refused
from mare_nameko.settings import EnvironmentSettings, SettingsError, variable

Port = Annotated[int, Meta(ge=1, le=65535)]

STREAM = re.compile(r"/v1/(jobs/[^/?]+/events|streams/[^/?]+)")
_CHUNK = 65_536
_CONNECT_SECONDS = 2.0
LIMITS: dict[str, Any] = {
    "max_line_size": 65_536,
    "max_field_size": 65_536,
    "auto_decompress": False,
}
"""Bytes of the request line and of a field: more than the gateway accepts, which explains it. A
body is passed on with its Content-Encoding and its length, so it must not be decompressed."""
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""Headers of one connection (RFC 9110, 7.6.1)."""

_NO_PATH = Problem(status=400, code="bad_request", detail="The request target must be a path.")
_NOT_RUNNING = Problem(
    status=503,
    code="service_unavailable",
    detail="This part of the gateway is not running.",
    retry_after=1,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(EnvironmentSettings):
    """Settings of the front; ``local/run.py`` sets them."""

    prefix: ClassVar[str] = "FRONT_"

    host: str = variable("GATEWAY_HOST", default="127.0.0.1")
    """Address to listen on."""
    port: Port = 5000
    """Port to listen on."""
    health_port: Port = 8000
    """Port of /readyz."""
    gateway_port: Port
    """Port of the gateway on 127.0.0.1."""
    events_port: Port
    """Port of the events process on 127.0.0.1."""
    max_body: Annotated[int, Meta(ge=0)] = variable("GATEWAY_MAX_BODY", default=65_536)
    """Largest request body in bytes, as for the gateway."""


class Front:
    """Forwards requests; a client that reads slowly stops the reading from its server."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        settings: Settings,
        *,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self._session = session
        self._settings = settings
        self._body_seconds = body_seconds

    async def forward(self, request: web.BaseRequest) -> web.StreamResponse:
        if not request.raw_path.startswith("/"):
            # `CONNECT x@host:80` would lead to another host: the target follows the port.
            return problem_response(request, _NO_PATH)
        # The gateway refuses a larger one and disconnects, before its answer can be read.
        try:
            body = await self._read_body(request)
        except Refused as refused:
            return problem_response(request, refused.problem)
        streams = STREAM.fullmatch(request.path)
        port = self._settings.events_port if streams else self._settings.gateway_port
        try:
            sent = await self._session.request(
                request.method,
                URL(f"http://127.0.0.1:{port}{request.raw_path}", encoded=True),
                headers=_passed_on(request),
                data=body if request.body_exists else None,
                allow_redirects=False,
            )
        except (OSError, aiohttp.ClientError):
            return problem_response(request, _NOT_RUNNING)
        async with sent as answer:
            return await _copy(request, answer)

    async def _read_body(self, request: web.BaseRequest) -> bytes:
        """Return the body; raise Refused if it is too large, or late."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._body_seconds):
                async for chunk in request.content.iter_chunked(_CHUNK):
                    body += chunk
                    if len(body) > self._settings.max_body:
                        raise Refused(TOO_LARGE)
        except TimeoutError:
            raise Refused(TOO_SLOW) from None
        return bytes(body)


async def _copy(request: web.BaseRequest, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    headers = _end_to_end(answer.headers)
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
    await response.prepare(request)
    try:
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
    except aiohttp.ClientError:
        # The end of the body would look like a complete answer.
        if request.transport is not None:
            request.transport.abort()
    return response


def _passed_on(request: web.BaseRequest) -> CIMultiDict[str]:
    headers = _end_to_end(request.headers)
    for name in [name for name in headers if "_" in name]:
        headers.popall(name, None)  # WSGI cannot tell X_Forwarded_For from X-Forwarded-For
    headers.add("X-Forwarded-For", request.remote or "")
    return headers


def _end_to_end(headers: "aiohttp.typedefs.LooseHeaders") -> CIMultiDict[str]:
    copied = CIMultiDict(headers)
    for name in _HOP_BY_HOP:
        copied.popall(name, None)
    return copied


def front_session() -> aiohttp.ClientSession:
    """Return a session that changes neither requests nor answers."""
    return aiohttp.ClientSession(
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    )


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; raise OSError if a port is taken."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with front_session() as session:
        # A client that leaves must leave the stream behind the front as well.
        server = web.Server(
            Front(session, settings).forward,
            handler_cancellation=True,
            access_log=None,
            keepalive_timeout=HEAD_SECONDS,
            **LIMITS,
        )
        front = web.ServerRunner(server, shutdown_timeout=5)
        await front.setup()
        await web.SockSite(front, listening_socket(settings.host, settings.port)).start()
        async with serving(_probes(), "127.0.0.1", settings.health_port):
            await stopping.wait()
            await front.cleanup()


def _probes() -> web.Application:
    async def ready(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    app = web.Application()
    app.router.add_get("/readyz", ready)
    return app


def main() -> None:
    try:
        settings = Settings.from_env(os.environ)
        asyncio.run(serve(settings))
    except SettingsError as error:
        sys.exit(f"The front cannot start.\n{error}")
    except OSError as error:
        sys.exit(f"The front cannot listen on port {settings.port}: {error.strerror}.")


if __name__ == "__main__":
    main()
