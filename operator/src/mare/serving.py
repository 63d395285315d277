"""Serves an HTTP application for the time of a block."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

_SHUTDOWN_SECONDS = 60.0
"""The default of aiohttp."""


@asynccontextmanager
async def serving(
    app: web.Application, host: str, port: int, *, shutdown_seconds: float = _SHUTDOWN_SECONDS
) -> AsyncIterator[int]:
    """Serve `app`; yield the port; let requests finish within `shutdown_seconds` at the end."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=shutdown_seconds)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
