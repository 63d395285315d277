"""A dashboard server that sends the states that a test chooses.

Every situation has its own path, for example `/zero/`, so that each test also covers a prefix.
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from mare.dashboard.static_files import answer, read_page
from tests.integration.dashboard.charts import chart, sparklines
from tests.integration.dashboard.payloads import Json, detail
from tests.integration.dashboard.situations import SITUATIONS, Situation

PAGE = read_page()
POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
STANDBY = {"error": {"code": "Standby", "message": "stands by", "leader": "mare-operator-other"}}


@dataclass
class Stage:
    """What the server answers; a test can change it while pages are open."""

    url: str = ""
    situations: dict[str, Situation] = field(default_factory=lambda: dict(SITUATIONS))
    tick: float = 1.0
    """Seconds between messages. An operator sends at most one a second."""
    streams: bool = True
    broken: bool = False
    standby: bool = False
    requests: dict[str, int] = field(default_factory=dict)
    ticks: int = 0


@contextmanager
def staged() -> Iterator[Stage]:
    """Serve in a thread until the end of the block."""
    stage = Stage()
    loop = asyncio.new_event_loop()
    ready, over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        runner = web.AppRunner(_application(stage), handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        stage.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        await over.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield stage
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(60)
        loop.close()


def _application(stage: Stage) -> web.Application:
    answers = _Answers(stage)
    application = web.Application(middlewares=[_headers])
    application.add_routes(
        [
            web.get("/{situation}/", answers.file),
            web.get("/{situation}/page/{file}", answers.file),
            web.get("/{situation}/api/state", answers.state),
            web.get("/{situation}/api/sparklines", answers.sparklines),
            web.get("/{situation}/api/events", answers.events),
            web.get("/{situation}/api/objects/{namespace}/{name}", answers.detail),
            web.get("/{situation}/api/objects/{namespace}/{name}/chart", answers.chart),
        ]
    )
    return application


class _Answers:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def file(self, request: web.Request) -> web.StreamResponse:
        return answer(request, PAGE, request.match_info.get("file", "index.html"))

    async def state(self, request: web.Request) -> web.StreamResponse:
        return self._answer("state", lambda: self._state_of(request))

    async def detail(self, request: web.Request) -> web.StreamResponse:
        return self._answer("object", lambda: self._one(request))

    async def chart(self, request: web.Request) -> web.StreamResponse:
        return self._answer("chart", lambda: chart(self._one(request) or {}, dict(request.query)))

    async def sparklines(self, request: web.Request) -> web.StreamResponse:
        return self._answer("sparklines", lambda: sparklines(self._state_of(request)))

    async def events(self, request: web.Request) -> web.StreamResponse:
        stage = self._stage
        if stage.broken or stage.standby or not stage.streams:
            return self._answer("events", lambda: None)
        event = "object" if "name" in request.query else "state"
        if event == "object" and self._one(request) is None:
            return self._answer("object", lambda: None)
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        with suppress(ConnectionError):
            while stage.streams and not stage.broken:
                data = self._one(request) if event == "object" else self._state_of(request)
                await answer.write(f"event: {event}\ndata: {json.dumps(data)}\n\n".encode())
                stage.ticks += 1
                await asyncio.sleep(stage.tick)
        return answer

    def _state_of(self, request: web.Request) -> Json:
        return self._stage.situations[request.match_info["situation"]](time.time())

    def _one(self, request: web.Request) -> Json | None:
        state, key = self._state_of(request), dict(request.match_info) | dict(request.query)
        for each in state["objects"]:
            if (each["namespace"], each["name"]) == (key["namespace"], key["name"]):
                return detail(state["at"], each, state["operator"])
        return None

    def _answer(self, name: str, make: Callable[[], Any]) -> web.Response:
        stage = self._stage
        stage.requests[name] = stage.requests.get(name, 0) + 1
        if stage.broken:
            return web.json_response({"error": {"code": "Broken"}}, status=502)
        if stage.standby:
            return web.json_response(STANDBY, status=503)
        made = make()
        if made is None:
            code, status = ("TooManyStreams", 503) if name == "events" else ("NotFound", 404)
            return web.json_response({"error": {"code": code}}, status=status)
        return web.json_response(made)


@web.middleware
async def _headers(request: web.Request, handler: Any) -> web.StreamResponse:
    answer = await handler(request)
    if not answer.prepared:
        answer.headers["Content-Security-Policy"] = POLICY
        answer.headers["Cache-Control"] = "no-store"
    return answer
