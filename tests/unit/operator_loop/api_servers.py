"""A small API server whose answers a test sets, for the adapters of the cluster."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from kubernetes.aio.client import ApiClient, Configuration

from mare.cluster.api import Api
from mare.serving import serving
from mare.tenant_scheduler import TenantScheduler

Answer = Callable[[web.Request], web.StreamResponse]


@asynccontextmanager
async def served(
    answer: Answer, scheduler: TenantScheduler | None = None
) -> AsyncIterator[tuple[Api, list[str]]]:
    """Serve meanwhile; gives a client of it, and the method and path of each request so far."""
    requests: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        requests.append(f"{request.method} {request.path}")
        return answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    async with serving(app, "127.0.0.1", 0) as port:
        configuration = Configuration()
        configuration.host = f"http://127.0.0.1:{port}"
        async with ApiClient(configuration) as client:
            yield Api(client, scheduler=scheduler), requests
