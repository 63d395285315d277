"""The real gateway in a thread, in front of services that answer by a script.

The name of the city chooses the answer: "rain night" is a sky and a time of day, and the words of
``_add_ons`` and ``_FAILURES`` are the rest. "Nowhere" does not exist.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from mare_gateway.app import create_app
from mare_gateway.settings import Settings
from mare_nameko.client import CallTimedOut, RpcError
from tests.fakes import suggestions as documents
from tests.fakes.suggestions import HOSTILE, Json

_HOURS = {"dawn": 6.5, "day": 12.0, "dusk": 17.3, "night": 22.0}
_FAILURES: dict[str, Callable[[], RpcError]] = {
    "away": documents.away,
    "late": lambda: CallTimedOut("no reply"),
    "Nowhere": lambda: documents.not_found("Nowhere"),
    "Springfeld": lambda: documents.not_found("Springfeld", "Springfield", "Sapporo"),
}


@dataclass
class Script:
    """Answers the calls of the gateway. A job takes a step whenever it is read."""

    jobs: dict[str, Json] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
    accepts: bool = True
    streams: bool = False
    step_seconds: float = 0.0
    calls: list[str] = field(default_factory=list)
    alive = ready = True
    connections = in_flight = 0

    def start(self) -> None: ...

    def close(self) -> None: ...

    def call(self, target: str, request: Json, **_options: Any) -> Json:
        self.calls.append(target)
        methods = {
            "playlists.suggest": self._suggest,
            "weather.search": self._search,
            "jobs.accept": self._accept,
            "jobs.get": self._get,
        }
        return methods[target](request)

    def _suggest(self, request: Json) -> Json:
        words = str(request.get("city") or "clear").split()
        if words[0] in _FAILURES:
            failure = _FAILURES[words[0]]()
            raise failure
        return _scripted(words, str(request.get("lang", "en")))

    def _search(self, request: Json) -> Json:
        text = request["q"].casefold()
        names = ("Recife", "Lisboa", "Bergen", "Sapporo", "Darwin", "Springfield")
        found = [documents.place(name) for name in names if name.casefold().startswith(text[:3])]
        return {"places": found, "attribution": []}

    def _accept(self, request: Json) -> Json:
        if not self.accepts:
            raise documents.away()
        created = datetime.now(UTC).isoformat()
        job = documents.job(id=request["id"], request=request["request"], created_at=created)
        self.jobs[job["id"]], self.steps[job["id"]] = job, 0
        return job

    def _get(self, request: Json) -> Json:
        time.sleep(self.step_seconds)
        job = self.jobs[request["id"]]
        self.steps[job["id"]] += 1
        return self._at_step(job, self.steps[job["id"]])

    def _at_step(self, job: Json, step: int) -> Json:
        if step == 1:
            return {**job, "state": "running"}
        try:
            result = self._suggest(job["request"])
        except RpcError as error:
            if step < 4 and "away" in job["request"]["city"]:
                return {**job, "state": "running"}
            failure = {"type": getattr(error, "exc_type", "expired"), "detail": str(error)}
            return {**job, "state": "failed", "failure": failure}
        if step == 2:
            names = ("place", "weather", "alternatives", "attribution")
            return {**job, "state": "partial", "weather": {name: result[name] for name in names}}
        return {**job, "state": "complete", "result": result}


def _scripted(words: list[str], lang: str) -> Json:
    sky = next((word for word in words if word in documents.SKIES), "clear")
    hour = next((word for word in words if word in _HOURS), "day")
    city = next((word for word in words if word.strip(",") in documents.PLACES), "Recife")
    source = next((word for word in words if word in ("spotify", "deezer")), "catalogue")
    answer = documents.suggestion(
        sky,
        lang,
        city=city.strip(","),
        is_day=hour != "night",
        estimated="estimated" in words,
        source=source,
    )
    _turn_earth(answer["place"], _HOURS[hour])
    if "hostile" in words:
        answer["playlist"]["name"] = answer["place"]["name"] = answer["mood"]["name"] = HOSTILE
        for track in answer["playlist"]["tracks"]:
            track |= {"title": HOSTILE, "artists": [HOSTILE], "url": "javascript:alert(1)"}
    return answer


def _turn_earth(place: Json, hour: float) -> None:
    """Move a place to where it is this solar hour now."""
    now = datetime.now(UTC)
    ahead = (hour - now.hour - now.minute / 60 + 12) % 24 - 12
    place["longitude"] = ahead * 15
    place["timezone"] = f"Etc/GMT{-round(ahead):+d}"


@dataclass
class Stage:
    url: str
    script: Script


@contextmanager
def staged() -> Iterator[Stage]:
    """Serve until the end of the block."""
    script = Script()
    app = create_app(Settings.from_env({}), script)  # type: ignore[arg-type]
    wsgi = app.wsgi_app

    def with_streams(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"].endswith("/events") and script.streams:
            start_response("200 OK", [("Content-Type", "text/event-stream")])
            return _events()
        return wsgi(environ, start_response)

    app.wsgi_app = with_streams  # type: ignore[method-assign]
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Stage(f"http://127.0.0.1:{server.server_port}", script)
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()


def _events() -> Iterator[bytes]:
    for _ in range(3):
        time.sleep(0.2)
        yield b"data: {}\n\n"


class _Silent(WSGIRequestHandler):
    def log(self, *args: Any, **options: Any) -> None: ...
