"""A service in its process, a broker in memory, and a caller that sees every property."""

import json
import time
from pathlib import Path
from typing import Any, Self

from tests.fakes.queue_broker import Stored
from tests.fakes.queue_server import QueueServer
from tests.integration.runtime.calling import as_request
from tests.integration.runtime.launching import Launched
from tests.vhost import eventually

REPLY_TO = "test-caller"
SERVICES = "tests.unit.runtime_service.shop"
HANDLED = "runtime_request_duration_seconds_count"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
CONTEXT = {
    "nameko.traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01",
    "nameko.tracestate": "vendor=1",
    "nameko.request_id": "request-1",
}


def within(seconds: float) -> dict[str, float]:
    return {"nameko.deadline": time.time() + seconds}


class Stage:
    """Starts ``service`` and plays its callers and the services that it calls."""

    def __init__(self, broker: QueueServer, folder: Path, service: str, **environ: str) -> None:
        self.broker = broker
        path = service if ":" in service else f"{SERVICES}:{service}"
        uri = environ.pop("AMQP_URI", "{}").format(broker.uri)
        self.process = Launched("runtime", path, uri, folder, **environ)
        self.metric = self.process.metric
        self.entries = self.process.entries

    def ready(self) -> Self:
        self.process.wait_ready()
        self.broker.bind("replies", "nameko-rpc", REPLY_TO)
        return self

    def request(
        self, method: str, *args: Any, headers: dict[str, Any] | None = None, **properties: Any
    ) -> str:
        """Send a request and return its correlation id; for the properties see `as_request`."""
        kept, body = as_request(REPLY_TO, args, headers, properties)
        self.broker.put(Stored("nameko-rpc", method, kept, body))
        return str(kept["correlation_id"])

    def reply(self, correlation_id: str) -> Stored:
        """Return the next reply; it has to be the one to this request."""
        message = self.next("replies")
        assert message.properties["correlation_id"] == correlation_id
        return message

    def call(self, method: str, *args: Any, **rest: Any) -> Any:
        """Return the result, or the error as sent."""
        body = json.loads(self.reply(self.request(method, *args, **rest)).body)
        assert set(body) == {"result", "error"}
        return body["error"] or body["result"]

    def answer(self, request: Stored, result: Any) -> None:
        """Answer a request of the service under test."""
        body = json.dumps({"result": result, "error": None}).encode()
        properties = {
            "content_type": "application/json",
            "content_encoding": "utf-8",
            "correlation_id": request.properties["correlation_id"],
        }
        self.broker.put(Stored("nameko-rpc", request.properties["reply_to"], properties, body))

    def emit(self, event: str, data: Any, **properties: Any) -> None:
        """Publish an event of the service ``front``."""
        given = {"content_type": "application/json", "content_encoding": "utf-8"} | properties
        body = given.pop("body", json.dumps(data).encode())
        self.broker.put(Stored("front.events", event, given, body))

    def publish(self, exchange: str, key: str, data: Any) -> None:
        properties = {"content_type": "application/json", "content_encoding": "utf-8"}
        self.broker.put(Stored(exchange, key, properties, json.dumps(data).encode()))

    def next(self, queue: str) -> Stored:
        """Wait for a message in ``queue`` and take it."""
        found: list[Stored] = []

        def take() -> bool:
            message = self.broker.take(queue)
            found.extend([message] if message is not None else [])
            return bool(found)

        eventually(take)
        return found[0]
