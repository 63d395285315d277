"""Receivers of callbacks on this machine, for `make load`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

COUNT = 25
"""Receivers, each on a port of its own: `webhooks` sends 4 callbacks at a time to one."""
SECONDS = 2.0
"""Until a receiver answers, so that callbacks have to wait for a worker."""


class Receivers:
    """Answer every callback with 204, and count them by job."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.jobs: set[str] = set()

    async def receive(self, request: web.Request) -> web.Response:
        event = await request.json()
        await asyncio.sleep(SECONDS)
        self.jobs.add(str(event["data"]["id"]))
        return web.Response(status=204)


@asynccontextmanager
async def receivers() -> AsyncIterator[Receivers]:
    """Listen on free ports of 127.0.0.1 until the block ends."""
    found = Receivers()
    app = web.Application()
    app.router.add_post("/", found.receive)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        for _ in range(COUNT):
            await web.TCPSite(runner, "127.0.0.1", 0).start()
        found.urls = [f"http://127.0.0.1:{address[1]}/" for address in runner.addresses]
        yield found
    finally:
        await runner.cleanup()
