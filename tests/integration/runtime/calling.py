"""A plain AMQP client that calls Nameko services, so that tests see the wire and nothing else."""

import json
import time
import uuid
from typing import Any, Self

import amqp

from tests.vhost import Vhost


def as_request(
    reply_to: str,
    args: tuple[Any, ...],
    headers: dict[str, Any] | None,
    properties: dict[str, Any],
) -> tuple[dict[str, Any], bytes]:
    """Return the properties and the body of a request.

    ``properties`` replace the usual ones, and ``body`` the usual body. A property that is None is
    left out.
    """
    given = {
        "content_type": "application/json",
        "content_encoding": "utf-8",
        "reply_to": reply_to,
        "correlation_id": str(uuid.uuid4()),
        "application_headers": headers or {},
        "body": json.dumps({"args": args, "kwargs": {}}).encode(),
    } | properties
    body = given.pop("body")
    return {name: value for name, value in given.items() if value is not None}, body


class NoAnswer(Exception):
    """Raised when no answer comes in time."""


class Caller:
    """Calls over one connection; use it as a context manager."""

    def __init__(self, vhost: Vhost) -> None:
        self._connection = vhost.connect()
        self._channel = self._connection.channel()
        self._channel.exchange_declare("nameko-rpc", "topic", durable=True, auto_delete=False)
        self._queue = self._channel.queue_declare(
            exclusive=True, arguments={"x-queue-type": "classic"}
        ).queue
        self.reply_to = str(uuid.uuid4())
        self._channel.queue_bind(self._queue, "nameko-rpc", self.reply_to)
        self._answers: dict[str, Any] = {}
        self._channel.basic_consume(self._queue, no_ack=True, callback=self._keep)

    def _keep(self, message: amqp.Message) -> None:
        self._answers[message.properties["correlation_id"]] = json.loads(message.body)

    def send(
        self, method: str, *args: Any, headers: dict[str, Any] | None = None, **properties: Any
    ) -> str:
        """Send a request and return its correlation id; for the properties see `as_request`."""
        kept, body = as_request(self.reply_to, args, headers, properties)
        self._channel.basic_publish_confirm(amqp.Message(body, **kept), "nameko-rpc", method)
        return str(kept["correlation_id"])

    def answer(self, correlation_id: str, seconds: float = 60) -> Any:
        """Return the answer to a request: a map of ``result`` and ``error``."""
        deadline = time.monotonic() + seconds
        while correlation_id not in self._answers:
            left = deadline - time.monotonic()
            if left <= 0:
                raise NoAnswer(correlation_id)
            try:
                self._connection.drain_events(timeout=left)
            except TimeoutError:
                continue
        return self._answers.pop(correlation_id)

    def call(self, method: str, *args: Any, seconds: float = 60, **rest: Any) -> Any:
        """Return the result, or the error as sent: a map with ``exc_type`` and more."""
        answer = self.answer(self.send(method, *args, **rest), seconds)
        return answer["error"] or answer["result"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
