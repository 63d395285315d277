"""What Kubernetes and Prometheus ask the operator: /livez, /readyz, /metrics."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from mare.serving import serving


@asynccontextmanager
async def served(
    host: str,
    port: int,
    *,
    standstill: Callable[[], str | None],
    ready: Callable[[], bool],
    registry: CollectorRegistry,
) -> AsyncIterator[int]:
    """Serve meanwhile; gives the port. /livez fails with what stands still."""

    async def livez(_: web.Request) -> web.Response:
        return _answer(standstill())

    async def readyz(_: web.Request) -> web.Response:
        return _answer(None if ready() else "the objects are not read yet")

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    app = web.Application(client_max_size=1024)
    app.add_routes(
        [web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", metrics)]
    )
    async with serving(app, host, port) as taken:
        yield taken


def _answer(problem: str | None) -> web.Response:
    if problem is None:
        return web.Response(text="ok\n")
    return web.Response(status=503, text=f"{problem}\n")
