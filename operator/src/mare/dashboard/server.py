"""Serves the page and what it asks for."""

import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler

from mare.custom_resource.autoscaler import Key
from mare.dashboard.chart_requests import Charts
from mare.dashboard.detail import detail
from mare.dashboard.guard import add_headers, guard
from mare.dashboard.leader import Leader, alone
from mare.dashboard.operator_status import operator_status
from mare.dashboard.problem import Refused, standby
from mare.dashboard.serialize import Json, encode_json
from mare.dashboard.snapshot import Snapshot
from mare.dashboard.static_files import INDEX, answer, read_page
from mare.dashboard.streams import Limits, Streams
from mare.loop.record import Record
from mare.ports import Clock
from mare.serving import serving

_GOODBYE_SECONDS = 2.0


@asynccontextmanager
async def served(
    host: str,
    port: int,
    *,
    record: Record,
    ticked_at: Callable[[], float],
    leader: Callable[[], Leader] = alone,
    clock: Clock = time.time,
    prefix: str = "",
    hosts: Collection[str] = (),
    limits: Limits = Limits(),  # noqa: B008 - it cannot be changed
) -> AsyncIterator[int]:
    """Serve meanwhile; gives the port.

    `prefix` is a path such as /mare under which everything lies, `hosts` are further names by
    which it may be called; localhost and addresses always are.
    """
    site = _Site(record, ticked_at, leader, clock, limits)
    app = site.application(prefix.rstrip("/"), hosts)
    async with serving(app, host, port, goodbye_seconds=_GOODBYE_SECONDS) as taken:
        yield taken


class _Site:
    """What answers, page and interface."""

    def __init__(
        self,
        record: Record,
        ticked_at: Callable[[], float],
        leader: Callable[[], Leader],
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._record = record
        self._ticked_at = ticked_at
        self._leader = leader
        self._clock = clock
        self._started_at = round(clock(), 3)
        self._page = read_page()
        self._snapshot = Snapshot(record, self._operator, clock)
        self._streams = Streams(self._snapshot, leader, self._told, limits)
        self._charts = Charts(record, clock)

    def application(self, prefix: str, hosts: Collection[str]) -> web.Application:
        app = web.Application(client_max_size=1024, middlewares=[guard(hosts)])
        app.on_response_prepare.append(add_headers)
        app.on_shutdown.append(self._end_streams)
        api, led = f"{prefix}/api", self._by_leader
        one = f"{api}/objects/{{namespace}}/{{name}}"
        app.add_routes(
            [
                web.get(f"{prefix}/", self._index),
                web.get(f"{prefix}/page/{{path:.+}}", self._file),
                web.get(f"{api}/state", led(self._state)),
                web.get(f"{api}/events", led(self._events), allow_head=False),
                web.get(one, led(self._one)),
                web.get(f"{one}/chart", led(self._chart)),
            ]
        )
        if prefix:
            app.add_routes([web.get(prefix, self._slash)])
        return app

    def _operator(self) -> Json:
        return operator_status(
            self._record,
            leader=self._leader(),
            ticked_at=self._ticked_at(),
            started_at=self._started_at,
            now=self._clock(),
        )

    def _told(self, key: Key) -> Json | None:
        past, now = self._record.histories.get(key), self._clock()
        if past is None:
            return None
        head = {"tick": int(now), "at": round(now, 3), "operator": self._operator()}
        return {**head, **detail(past, now)}

    def _by_leader(self, handler: Handler) -> Handler:
        async def led(request: web.Request) -> web.StreamResponse:
            leader = self._leader()
            if not leader.leads:
                self._snapshot.forget()
                raise standby(leader)
            return await handler(request)

        return led

    async def _slash(self, request: web.Request) -> web.Response:
        return web.Response(status=308, headers={"Location": f"{request.path}/"})

    async def _index(self, request: web.Request) -> web.Response:
        return answer(request, self._page, INDEX)

    async def _file(self, request: web.Request) -> web.Response:
        return answer(request, self._page, request.match_info["path"])

    async def _state(self, request: web.Request) -> web.Response:
        await self._snapshot.refresh()
        return _json(self._snapshot.state(request.query.get("namespace")))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        if "name" not in request.query:
            return await self._streams.all(request)
        key = Key(request.query.get("namespace", ""), request.query["name"])
        _found(self._told(key))
        return await self._streams.one(request, key)

    async def _one(self, request: web.Request) -> web.Response:
        return _json(encode_json(_found(self._told(_key(request)))))

    async def _chart(self, request: web.Request) -> web.Response:
        return _json(self._charts.text(_key(request), request.query))

    async def _end_streams(self, _: web.Application) -> None:
        self._streams.ended.set()


def _key(request: web.Request) -> Key:
    return Key(request.match_info["namespace"], request.match_info["name"])


def _found(told: Json | None) -> Json:
    if told is None:
        raise Refused(404, "NotFound", "There is no such object.")
    return told


def _json(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")
