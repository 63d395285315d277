"""The listeners of the process: streams, and probes with metrics."""

import asyncio
import logging
import math
import resource
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import msgspec
from aiohttp import web

from mare_gateway.cross_origin import CrossOrigin
from mare_gateway.events.connections import BoundedSite
from mare_gateway.events.feed import Job, JobFeed
from mare_gateway.events.messages import Changed
from mare_gateway.events.settings import Settings
from mare_gateway.events.streams import Metrics, Streams, problem_response
from mare_gateway.listeners import HEAD_SECONDS, listening_socket
from mare_gateway.problems import Problem
from mare_gateway.request_ids import call_headers, valid_request_id
from mare_nameko.client import EventSubscription, RpcClient
from mare_nameko.health_app import HealthApp
from mare_nameko.tracing import Tracer

log = logging.getLogger(__name__)

_READERS = 16
"""Jobs that are read at a time."""

_MAX_LINE = 8_190

_MOST_IDLE = 1_000
"""Connections beyond those of streams. With unfinished heads they take 30 MB."""

_TRACER = Tracer()


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises OSError if a port is taken."""
    metrics = Metrics()
    with connected(settings) as (feed, events):
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        runners = [
            await _listen(_health_app(events, metrics), settings.host, settings.health_port),
            await _listen(
                *(_stream_app(feed, settings, metrics), settings.host, settings.port),
                most=settings.max_streams + _MOST_IDLE,
                most_of_address=settings.max_connections_per_address,
            ),
        ]
        log.info("Streaming on port %d, probes on %d", *(_port(each) for each in reversed(runners)))
        await stopping.wait()
        feed.close()
        for runner in reversed(runners):
            await runner.cleanup()


@contextmanager
def connected(settings: Settings) -> Iterator[tuple[JobFeed, EventSubscription]]:
    """Yield a feed that the broker keeps current, and the subscription to the broker's events."""
    loop = asyncio.get_running_loop()
    options = settings.rpc_options()
    rpc = RpcClient(options)
    readers = ThreadPoolExecutor(_READERS, thread_name_prefix="reader")

    async def read(job: Job) -> Mapping[str, Any]:
        return await loop.run_in_executor(readers, read_job, rpc, job, settings.read_seconds)

    feed = JobFeed(read)

    def on_event(event: Any) -> None:
        job = msgspec.convert(event, Changed)
        loop.call_soon_threadsafe(feed.changed, (job.client, job.job_id))

    def on_subscribed() -> None:
        loop.call_soon_threadsafe(feed.reread)

    events = EventSubscription(
        options,
        "jobs",
        "job_changed",
        on_event=on_event,
        on_subscribed=on_subscribed,
    )
    events.start()
    rpc.start()
    rereading = loop.create_task(feed.reread_steadily())
    try:
        yield feed, events
    finally:
        rereading.cancel()
        events.stop()
        rpc.close()
        readers.shutdown(wait=False, cancel_futures=True)


def read_job(rpc: RpcClient, job: Job, seconds: float) -> Mapping[str, Any]:
    """Return the state of a job. Many streams share the read: it has a request id of its own."""
    client, job_id = job
    span = _TRACER.begin("jobs.get", "client", None, {})
    context = call_headers(valid_request_id(), span.context)
    query = {"id": job_id, "client": client}
    found: Mapping[str, Any] = rpc.call("jobs.get", query, timeout=seconds, context=context)
    return found


async def _listen(
    app: web.Application,
    host: str,
    port: int,
    *,
    most: int = _MOST_IDLE,
    most_of_address: float = math.inf,
) -> web.AppRunner:
    runner = web.AppRunner(app, shutdown_timeout=5.0, handler_cancellation=True)
    await runner.setup()
    options: dict[str, Any] = {
        "access_log": None,
        "keepalive_timeout": HEAD_SECONDS,
        "max_line_size": _MAX_LINE,
        "max_field_size": _MAX_LINE,
    }
    sock = listening_socket(host, port)
    await BoundedSite(
        runner, sock, most=most, most_of_address=most_of_address, options=options
    ).start()
    return runner


def _port(runner: web.AppRunner) -> int:
    return int(runner.addresses[0][1])


def _stream_app(feed: JobFeed, settings: Settings, metrics: Metrics) -> web.Application:
    app = web.Application(middlewares=[_refusals], client_max_size=1024)
    Streams(feed, settings, metrics).add_to(app)
    rule = CrossOrigin(settings.cors_origins)

    async def allow(request: web.Request, response: web.StreamResponse) -> None:
        origin = request.headers.get("Origin")
        response.headers.update(rule.headers(origin, request.method, request.path))

    app.on_response_prepare.append(allow)
    return app


@web.middleware
async def _refusals(request: web.Request, handler: Any) -> web.StreamResponse:
    """Respond with a problem document where aiohttp would with a text."""
    try:
        response: web.StreamResponse = await handler(request)
    except web.HTTPMethodNotAllowed as error:
        response = problem_response(request, _NOT_ALLOWED)
        response.headers["Allow"] = error.headers["Allow"]
    except web.HTTPNotFound:
        response = problem_response(request, _NOT_FOUND)
    return response


def _health_app(events: EventSubscription, metrics: Metrics) -> web.Application:
    """Return the probes. They run in the event loop: if it is stuck, they fail."""
    checks = HealthApp(
        lambda: [] if events.is_alive() else ["no events"],
        lambda: [] if events.connected else ["not connected to the broker"],
        metrics.registry,
    )

    async def respond(request: web.Request) -> web.Response:
        status, kind, body = checks.respond(request.method, request.path)
        return web.Response(status=int(status[:3]), body=body, headers={"Content-Type": kind})

    app = web.Application(client_max_size=1024)
    app.router.add_route("*", "/{path:.*}", respond)
    return app


def raise_file_limit() -> None:
    """Allow as many open files as the system permits: each stream is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


_NOT_FOUND = Problem(status=404, code="not_found", detail="This path does not exist.")
_NOT_ALLOWED = Problem(
    status=405, code="method_not_allowed", detail="This path does not support the method."
)
