"""An HTTP application that is served meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

_GOODBYE_SECONDS = 60.0
"""aiohttp's own."""


@asynccontextmanager
async def serving(
    app: web.Application, host: str, port: int, *, goodbye_seconds: float = _GOODBYE_SECONDS
) -> AsyncIterator[int]:
    """Serve `app` without an access log; gives the port, which 0 leaves to the system.

    Connections that are in use at the end have `goodbye_seconds`.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=goodbye_seconds)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
