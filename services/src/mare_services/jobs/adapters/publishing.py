"""Publishes one event of the jobs service, with the request id and the trace of its cause."""

from collections.abc import Mapping
from typing import Any

from amqp import Message
from nameko.standalone.events import get_event_exchange

from mare_nameko.headers import REQUEST_ID, TRACEPARENT, TRACESTATE, write_headers
from mare_nameko.service import context as contexts
from mare_nameko.service.publisher import PERSISTENT, TRANSIENT, Publisher
from mare_nameko.tracing import read_trace_context
from mare_services.jobs.outbox import CONFIRM_SECONDS
from mare_services.jobs.ports import StoredEvent

_ISOLATED = ("job_accepted", "callback_due")
"""The types that quorum queues get."""


class JobEvents:
    """The exchange of the service's events."""

    def __init__(self, container: Any, publisher: Publisher) -> None:
        self._tracer = container.tracer
        self._service = container.service_name
        self._exchange = get_event_exchange(container.service_name, container.config)
        self._seconds = min(CONFIRM_SECONDS, container.settings.publish_seconds)
        self._publisher = publisher
        publisher.declare(self._exchange)
        for kind in _ISOLATED:
            publisher.isolate(kind)

    def send(self, event: StoredEvent) -> None:
        """Publish an event and return when the broker has confirmed it.

        Raises BrokerUnavailable, or Unroutable for a durable event without a queue.
        """
        context = event.context or {}
        parent = read_trace_context(context.get(TRACEPARENT), context.get(TRACESTATE))
        span = self._tracer.begin(
            f"{self._service}.{event.type}", "producer", parent, {"messaging.system": "rabbitmq"}
        )
        headers = {
            REQUEST_ID: context.get(REQUEST_ID),
            TRACEPARENT: span.context.traceparent,
            TRACESTATE: span.context.state or None,
        }
        message = Message(
            event.body.encode(),
            content_type="application/json",
            content_encoding="utf-8",
            application_headers=write_headers(headers),
            message_id=event.message_id,
            delivery_mode=PERSISTENT if event.durable else TRANSIENT,
        )
        try:
            self._publisher.publish_message(
                message,
                self._exchange.name,
                event.type,
                mandatory=event.durable,
                seconds=self._seconds,
            )
        except Exception as error:
            span.end(type(error).__name__)
            raise
        span.end()


def current_context() -> Mapping[str, Any] | None:
    """Return request id and trace of the message that is handled, as headers."""
    context = contexts.current.get()
    if context is None:
        return None
    outgoing = context.outgoing(context.span.context)
    return {name: value for name, value in outgoing.items() if value is not None}
