"""The HTTP server of the dashboard."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from mare.custom_resource.autoscaler import Key
from mare.dashboard.chart_requests import Charts
from mare.dashboard.detail import detail, explanation
from mare.dashboard.http_rules import HttpError, add_headers, check_requests, standby_error
from mare.dashboard.operator_status import Leader, operator_status
from mare.dashboard.serialize import Json, encode_json
from mare.dashboard.snapshot import Snapshot
from mare.dashboard.sparklines import Sparklines
from mare.dashboard.static_files import answer, read_page
from mare.dashboard.streams import Limits, Streams
from mare.loop.record import AutoscalerHistory, ReadableRecord
from mare.ports import Clock
from mare.serving import serving

_SHUTDOWN_SECONDS = 2.0
_DOWNLOAD_PAUSE_SECONDS = 0.1
"""Pause after each download: a day takes 20 ms of the event loop that also scales."""


@asynccontextmanager
async def served(
    host: str,
    port: int,
    *,
    record: ReadableRecord,
    ticked_at: Callable[[], float],
    leader: Callable[[], Leader] = lambda: Leader(leads=True, name=None),
    clock: Clock = time.time,
    prefix: str = "",
    hosts: Collection[str] = (),
    limits: Limits = Limits(),  # noqa: B008 - it cannot be changed
) -> AsyncIterator[int]:
    """Serve the dashboard until the block ends; yields the port.

    `prefix` is a path such as /mare, under which everything is served. `hosts` are allowed names
    besides localhost and IP addresses.
    """
    site = _Site(record, ticked_at, leader, clock, limits)
    app = site.application(prefix.rstrip("/"), hosts)
    async with serving(app, host, port, shutdown_seconds=_SHUTDOWN_SECONDS) as taken:
        yield taken


@dataclass(eq=False)
class _Site:
    record: ReadableRecord
    ticked_at: Callable[[], float]
    leader: Callable[[], Leader]
    clock: Clock
    limits: Limits

    def __post_init__(self) -> None:
        self._page = read_page()
        self._snapshot = Snapshot(self.record, self._operator, self.clock)
        self._streams = Streams(self._snapshot, self.leader, self._detail, self.limits)
        self._charts = Charts(self.clock)
        self._downloading = asyncio.Lock()
        self._sparklines = Sparklines(self.record, self.clock)

    def application(self, prefix: str, hosts: Collection[str]) -> web.Application:
        app = web.Application(client_max_size=1024, middlewares=[check_requests(hosts)])
        app.on_response_prepare.append(add_headers)
        app.on_shutdown.append(self._end_streams)
        api, on_leader = f"{prefix}/api", self._on_leader
        one = f"{api}/objects/{{namespace}}/{{name}}"
        app.add_routes(
            [
                web.get(f"{prefix}/", self._file),
                web.get(f"{prefix}/page/{{path:.+}}", self._file),
                web.get(f"{api}/state", on_leader(self._state)),
                web.get(f"{api}/events", on_leader(self._events), allow_head=False),
                web.get(f"{api}/sparklines", on_leader(self._lines)),
                web.get(one, on_leader(self._one)),
                web.get(f"{one}/chart", on_leader(self._chart)),
                web.get(f"{one}/explain", on_leader(self._explain)),
                web.get(f"{one}/load", on_leader(self._load)),
            ]
        )
        if prefix:
            app.add_routes([web.get(prefix, self._redirect)])
        return app

    def _operator(self) -> Json:
        return operator_status(
            self.record,
            leader=self.leader(),
            ticked_at=self.ticked_at(),
            now=self.clock(),
        )

    def _history(self, key: Key) -> AutoscalerHistory:
        if key not in self.record.histories:
            raise HttpError(404, "NotFound", "This QueueAutoscaler does not exist.")
        return self.record.histories[key]

    def _detail(self, key: Key) -> Json:
        history, now = self._history(key), self.clock()
        return {"at": round(now, 3), "operator": self._operator(), **detail(history, now)}

    def _on_leader(self, handler: Handler) -> Handler:
        async def checked(request: web.Request) -> web.StreamResponse:
            leader = self.leader()
            if not leader.leads:
                self._snapshot.forget()
                raise standby_error(leader)
            return await handler(request)

        return checked

    async def _redirect(self, request: web.Request) -> web.Response:
        return web.Response(status=308, headers={"Location": f"{request.path}/"})

    async def _file(self, request: web.Request) -> web.Response:
        return answer(request, self._page, request.match_info.get("path", "index.html"))

    async def _state(self, _: web.Request) -> web.Response:
        await self._snapshot.refresh()
        return _json(self._snapshot.state())

    async def _events(self, request: web.Request) -> web.StreamResponse:
        if "name" not in request.query:
            return await self._streams.all(request)
        key = Key(request.query.get("namespace", ""), request.query["name"])
        self._history(key)
        return await self._streams.one(request, key)

    async def _one(self, request: web.Request) -> web.Response:
        return _json(encode_json(self._detail(_key(request))))

    async def _chart(self, request: web.Request) -> web.Response:
        return _json(self._charts.text(self._history(_key(request)), request.query))

    async def _lines(self, _: web.Request) -> web.Response:
        return _json(await self._sparklines.text())

    async def _explain(self, request: web.Request) -> web.Response:
        history, at = self._history(_key(request)), request.query.get("at")
        return web.Response(text=explanation(history, self.clock(), at))

    async def _load(self, request: web.Request) -> web.Response:
        # Needs the scenarios of the simulation, which `mare run` does without until the first one.
        from mare.dashboard.load_download import load_download  # noqa: PLC0415

        async with self._downloading:
            name, text = load_download(self._history(_key(request)), request.query)
            await asyncio.sleep(_DOWNLOAD_PAUSE_SECONDS)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return web.Response(text=text, content_type="application/yaml", headers=headers)

    async def _end_streams(self, _: web.Application) -> None:
        self._streams.ended.set()


def _key(request: web.Request) -> Key:
    return Key(request.match_info["namespace"], request.match_info["name"])


def _json(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")
