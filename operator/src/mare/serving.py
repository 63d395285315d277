"""Serves an HTTP application for the time of a block."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def serving(
    app: web.Application, host: str, port: int, *, shutdown_seconds: float = 60.0
) -> AsyncIterator[int]:
    """Serve `app`; yield the port; let requests finish within `shutdown_seconds` at the end.

    The host `::` stands for all addresses, of IPv6 and IPv4 if the machine has both.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=shutdown_seconds)
    await runner.setup()
    try:
        await _site(runner, host, port).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _site(runner: web.AppRunner, host: str, port: int) -> web.BaseSite:
    """Return where `runner` listens. asyncio itself opens `::` for IPv6 alone."""
    if host != "::":
        return web.TCPSite(runner, host, port)
    if not socket.has_dualstack_ipv6():
        return web.TCPSite(runner, "0.0.0.0", port)  # noqa: S104
    listener = socket.create_server((host, port), family=socket.AF_INET6, dualstack_ipv6=True)
    return web.SockSite(runner, listener)
