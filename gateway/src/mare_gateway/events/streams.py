"""The HTTP application: one route, which answers with a stream of a job's states."""

import asyncio
import collections
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge

from mare_gateway.clients import INVALID_KEY, Authenticator, Client, require_scope
from mare_gateway.events import messages
from mare_gateway.events.feed import Closed, JobFeed, Subscription
from mare_gateway.events.messages import Snapshot
from mare_gateway.events.settings import Settings
from mare_gateway.forwarded import NO_ADDRESS, client_address
from mare_gateway.job_documents import ID_PATTERN
from mare_gateway.problems import MEDIA_TYPE, Problem, Refused, problem_of
from mare_gateway.request_ids import valid_request_id
from mare_nameko.client import RemoteError

if TYPE_CHECKING:
    from mare_gateway.rate_limit import RateLimiter

access_log = logging.getLogger("mare_gateway.events.access")

PATHS = (f"/v1/jobs/{{job_id:{ID_PATTERN}}}/events", f"/v1/streams/{{job_id:{ID_PATTERN}}}")
"""The second path is for ingresses, which route by the beginning of a path."""

_ID = web.RequestKey("request_id", str)
_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.open = Gauge("gateway_events_streams_open", "Open streams.", registry=self.registry)
        self.streams = Counter(
            "gateway_events_streams",
            "Streams that ended: ended with the job, closed at a stop, disconnected by the client, "
            "or too slow.",
            ["outcome"],
            registry=self.registry,
        )
        self.events = Counter(
            "gateway_events_sent", "Events and heartbeats sent.", registry=self.registry
        )
        self.refused = Counter(
            "gateway_events_refused",
            "Streams refused, by code of the problem.",
            ["code"],
            registry=self.registry,
        )


class Streams:
    def __init__(self, feed: JobFeed, settings: Settings, metrics: Metrics) -> None:
        self._feed = feed
        self._settings = settings
        self._metrics = metrics
        self._authenticator = Authenticator(settings)
        self._open: collections.Counter[str] = collections.Counter()
        """Open streams of each address."""
        self._limiter: RateLimiter | None = None
        if settings.rate_limit or settings.key_rate_limit:
            from mare_gateway import rate_limit  # noqa: PLC0415  takes 0.1 s

            self._limiter = rate_limit.RateLimiter(settings)

    def add_to(self, app: web.Application) -> None:
        for path in PATHS:
            app.router.add_get(path, self.stream, allow_head=False)
            app.router.add_options(path, self.options)

    async def options(self, _: web.Request) -> web.Response:
        return web.Response(status=204, headers={"Allow": "GET, OPTIONS"})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Stream the states of a job until it ends, or respond with a problem."""
        try:
            client = self._client(request)
            await self._count(client)
            job = client.name, request.match_info["job_id"]
            with self._occupied(client.network), self._feed.subscribe(job) as states:
                first = await self._first(states)
                return await self._respond(request, states, first)
        except Refused as refused:
            return self._refuse(request, refused.problem)
        except RemoteError as error:
            return problem_response(request, problem_of(error))
        except Closed:
            return problem_response(request, _UNAVAILABLE)

    async def _count(self, client: Client) -> None:
        """Count a stream as a request; raise Refused beyond the rate limits of its client."""
        if self._limiter is None:
            return
        # A server that counts for all processes may answer late.
        verdict = await asyncio.to_thread(self._limiter.hit, client)
        if verdict is not None and not verdict.allowed:
            raise Refused(verdict.problem())

    @contextmanager
    def _occupied(self, address: str) -> Iterator[None]:
        """Count one more stream of an address while the block runs; raise Refused at a bound."""
        if self._open.total() >= self._settings.max_streams:
            raise Refused(_TOO_MANY)
        if self._open[address] >= self._settings.max_streams_per_address:
            raise Refused(_TOO_MANY_OF_ADDRESS)
        self._open[address] += 1
        self._metrics.open.inc()
        try:
            yield
        finally:
            self._metrics.open.dec()
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]

    def _refuse(self, request: web.Request, problem: Problem) -> web.Response:
        self._metrics.refused.labels(problem.code).inc()
        return problem_response(request, problem)

    def _client(self, request: web.Request) -> Client:
        """Return the client of a request; raise Refused without a valid key and the scope."""
        forwarded_for = request.headers.getall("X-Forwarded-For", None)
        address = client_address(
            request.remote or "",
            None if forwarded_for is None else ",".join(forwarded_for),
            self._settings.trusted_proxies,
        )
        if address is None:
            raise Refused(NO_ADDRESS)
        client = self._authenticator.identify(request.headers.get("Authorization"), address)
        if client is None:
            raise Refused(INVALID_KEY)
        require_scope(client, "jobs")
        return client

    async def _first(self, states: Subscription) -> Snapshot:
        try:
            async with asyncio.timeout(self._settings.read_seconds):
                return await states.next()
        except TimeoutError:
            raise Refused(_UNAVAILABLE) from None

    async def _respond(
        self, request: web.Request, states: Subscription, first: Snapshot
    ) -> web.StreamResponse:
        last_id = request.headers.get("Last-Event-ID")
        if first.is_final and first.event_id == last_id:
            return web.Response(status=204)  # keeps an EventSource from reconnecting
        response = web.StreamResponse(headers=_HEADERS)
        if not self._settings.trusted_proxies:
            response.force_close()  # idle connections count among those of an address, for 75 s
        response.headers["X-Request-Id"] = request_id(request)
        started = time.perf_counter()
        outcome = "disconnected"  # aiohttp cancels this task then
        try:
            await self._send(request, response, self._events(states, first, last_id))
            outcome = "ended"
        except TimeoutError:
            # A close would wait until the client has read what is buffered.
            if request.transport is not None:
                request.transport.abort()
            outcome = "too slow"
        except ConnectionError:
            outcome = "disconnected"
        except (Closed, RemoteError):
            outcome = "closed"
        finally:
            self._metrics.streams.labels(outcome).inc()
            _log(request, outcome, time.perf_counter() - started)
        return response

    async def _send(
        self, request: web.Request, response: web.StreamResponse, events: AsyncIterator[bytes]
    ) -> None:
        await response.prepare(request)
        async for event in events:
            async with asyncio.timeout(self._settings.send_seconds):
                await response.write(event)
            self._metrics.events.inc()
        async with asyncio.timeout(self._settings.send_seconds):
            await response.write_eof()

    async def _events(
        self, states: Subscription, first: Snapshot, last_id: str | None
    ) -> AsyncIterator[bytes]:
        yield messages.OPENING
        state = first
        if state.event_id != last_id:
            yield state.event
        while not state.is_final:
            try:
                async with asyncio.timeout(self._settings.heartbeat_seconds):
                    state = await states.next()
            except TimeoutError:
                yield messages.HEARTBEAT
            else:
                yield state.event
        yield messages.end(state)


def problem_response(request: web.BaseRequest, problem: Problem) -> web.Response:
    own_id = request_id(request)
    document = problem.document(instance=request.path, request_id=own_id)
    return web.Response(
        status=problem.status,
        body=msgspec.json.encode(document),
        content_type=MEDIA_TYPE,
        headers={**problem.response_headers, "X-Request-Id": own_id},
    )


def request_id(request: web.BaseRequest) -> str:
    if _ID not in request:
        request[_ID] = valid_request_id(request.headers.get("X-Request-Id"))
    return request[_ID]


def _log(request: web.Request, outcome: str, duration: float) -> None:
    details = {
        "outcome": outcome,
        "duration_s": round(duration, 3),
        "request_id": request_id(request),
    }
    access_log.info("Stream of %s %s", request.match_info["job_id"], outcome, extra=details)


_TOO_MANY = Problem(
    status=503, code="overloaded", detail="Too many streams are open. Try again.", retry_after=5
)
_TOO_MANY_OF_ADDRESS = Problem(
    status=429,
    code="too_many_streams",
    detail="Too many streams are open from your address.",
    retry_after=5,
)
_UNAVAILABLE = Problem(
    status=503,
    code="service_unavailable",
    detail="The state of the job cannot be read now.",
    retry_after=1,
)
