"""The HTTP endpoints for Kubernetes, Helm and Prometheus."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from mare.loop.loop import Loop
from mare.serving import serving
from mare.sharding.sharded_loop import ShardedLoop

_MAX_TICK_SECONDS = 10.0


def find_liveness_failure(
    loop: Loop | ShardedLoop, now: float, *, election_stalled: bool = False
) -> str | None:
    """Return what has stalled and a restart would repair; None if nothing has.

    No broker can make it fail: a tenant's one would end the leader, and then its successor.
    """
    if now - loop.ticked_at > _MAX_TICK_SECONDS:
        return f"the loop has not ticked for more than {_MAX_TICK_SECONDS:.0f} s"
    if election_stalled:
        return "the leader election has stopped trying to get or renew the Lease"
    return None


@asynccontextmanager
async def served(
    host: str,
    port: int,
    *,
    liveness_failure: Callable[[], str | None],
    ready: Callable[[], bool],
    elected: Callable[[], bool] = lambda: True,
    registry: CollectorRegistry,
    check_access: Callable[[str | None], Awaitable[HTTPStatus]] | None = None,
) -> AsyncIterator[int]:
    """Serve the endpoints during the block; yield the port.

    /readyz does not depend on `elected`: a replica without a leader still has its objects, and its
    dashboard. /leader does, and needs no token, so that `helm test` can read it.
    `check_access` returns the status for an Authorization header of a request for /metrics.
    """
    # One at a time: 4,000 objects take 0.4 s, in which the event loop continues after 5 ms each
    # time, but for a garbage collection.
    rendering = asyncio.Lock()

    async def livez(_: web.Request) -> web.Response:
        return _response(liveness_failure())

    async def readyz(_: web.Request) -> web.Response:
        return _response(None if ready() else "the objects are not read yet")

    async def leader(_: web.Request) -> web.Response:
        return _response(None if elected() else "no replica leads, or a shard has no leader")

    async def metrics(request: web.Request) -> web.Response:
        status = HTTPStatus.OK
        if check_access is not None:
            status = await check_access(request.headers.get("Authorization"))
        if status is not HTTPStatus.OK:
            return web.Response(status=status, text=f"{status.phrase}\n")
        async with rendering:
            body = await asyncio.to_thread(generate_latest, registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application(client_max_size=1024)
    handlers = {"/livez": livez, "/readyz": readyz, "/leader": leader, "/metrics": metrics}
    app.add_routes([web.get(path, handler) for path, handler in handlers.items()])
    async with serving(app, host, port) as bound_port:
        yield bound_port


def _response(failure: str | None) -> web.Response:
    if failure is None:
        return web.Response(text="ok\n")
    return web.Response(status=503, text=f"{failure}\n")
