"""``EventDispatcher``, ``@event_handler`` and ``@consume``: failed events are not lost.

Nameko acknowledges an event whose handler failed, or requeues it at once and without limit if
``requeue_on_error`` is set. Here the event is parked and delivered again, with growing delays.
After the last retry it is dead-lettered with the reason.
"""

from collections.abc import Callable
from functools import partial
from logging import getLogger
from typing import Any

import eventlet
import nameko.events
import nameko.messaging
from amqp import Message as Outgoing
from kombu import Message
from nameko.containers import WorkerContext
from nameko.extensions import DependencyProvider
from nameko.standalone.events import get_event_exchange

from mare_nameko.headers import DEADLINE, find_mistake, read_headers, write_headers
from mare_nameko.service.confirming_session import Unroutable
from mare_nameko.service.consumer import QueueConsumer
from mare_nameko.service.container import ExcInfo
from mare_nameko.service.errors import BrokerUnavailable
from mare_nameko.service.publisher import PERSISTENT, Publisher, new_message_id
from mare_nameko.service.retries import (
    MOST_REDELIVERIES,
    RetryPolicy,
    dead_headers,
    dead_letter_queue,
    error_text,
    failures_so_far,
    outages_so_far,
    parked_headers,
    parking_name,
    parking_queue,
    redeliveries,
)
from mare_nameko.topology import DEAD_LETTERS

_log = getLogger(__name__)

REQUEUE_PAUSE_SECONDS = 5.0
"""Pause before an event that cannot be parked is requeued, because it is redelivered at once. Each
delivery counts against the delivery limit; with this pause an alarm of 30 s does not reach it."""

_KEPT_PROPERTIES = (
    "message_id", "correlation_id", "reply_to", "timestamp", "type", "app_id", "priority",
)  # fmt: skip


class ConsumerEnded(Exception):
    """The event came back: processes were killed, lost their connections, or stopped before it."""


class RetryingConsumer(nameko.messaging.Consumer):
    """An entrypoint that consumes a queue.

    ``on_give_up`` names a method of the service. It is called with the event and the last error
    before the event is dead-lettered, but not if its processes were killed. The event is
    dead-lettered also if the method fails. Errors of the types in
    ``outages`` do not count as failures: the event is retried, with the same delays, until the
    outage ends, and has all its retries afterwards. ``parking`` gives the failed events parking
    queues of their own, which are named after it: ``retry-<parking>-60s``.
    ``requeue_on_error`` is accepted for compatibility and has no effect: a failed event is always
    retried.
    """

    queue_consumer = QueueConsumer()
    publisher = Publisher()
    span_kind = "consumer"

    def __init__(
        self,
        *args: Any,
        on_give_up: str | None = None,
        outages: type[Exception] | tuple[type[Exception], ...] = (),
        parking: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._on_give_up = on_give_up
        self._outages = outages
        self._parking = parking

    def setup(self) -> None:
        super().setup()
        settings = self.container.settings
        # A parked event cannot return to a queue that RabbitMQ deletes with this process.
        lasts = not (self.queue.exclusive or self.queue.auto_delete)
        self._policy = RetryPolicy(settings.retry_seconds, settings.retry_limit if lasts else 0)
        parkings = [parking_queue(delay, self._parking) for delay in settings.retry_seconds]
        self.publisher.declare(dead_letter_queue(), *parkings)

    def handle_message(self, body: Any, message: Message) -> None:
        mistake = find_mistake(message.headers)
        if mistake is None:
            if redeliveries(message.headers) < MOST_REDELIVERIES:
                super().handle_message(body, message)
            else:
                self.handle_redelivered(body, message)
            return
        _log.warning("Rejected a message in %s: bad %s", self.queue.name, mistake)
        self.container.metrics.rejected(mistake)
        self.queue_consumer.reject_message(message)

    def handle_redelivered(self, body: Any, message: Message) -> None:  # noqa: ARG002
        """Park an event whose processes were killed: it can be what kills them."""
        count = redeliveries(message.headers)
        error = ConsumerEnded(f"the event has come back {count} times from processes that ended")
        self.container.spawn_managed_thread(
            partial(self._set_aside, message, error, failures=MOST_REDELIVERIES),
            identifier="parking",
        )

    def unpack_message_headers(self, message: Message) -> dict[str, Any]:
        headers = read_headers(message.headers)
        # Stock services copy the deadline of a call to the events that follow from it.
        headers.pop(DEADLINE, None)
        return headers

    def handle_result(
        self,
        message: Message,
        worker_ctx: WorkerContext,
        result: Any = None,
        exc_info: ExcInfo | None = None,
    ) -> tuple[Any, ExcInfo | None]:
        if exc_info is None:
            self.queue_consumer.ack_message(message)
        else:
            self._set_aside(message, exc_info[1], worker_ctx)
        return result, exc_info

    def _set_aside(
        self,
        message: Message,
        error: BaseException,
        worker_ctx: WorkerContext | None = None,
        failures: int = 1,
    ) -> None:
        """Park or dead-letter the event, and only then acknowledge it."""
        failures += failures_so_far(message.headers)
        delay = self._policy.next_delay(failures)
        outages = 0
        if isinstance(error, self._outages):
            outages = 1 + outages_so_far(message.headers)
            delay = self._policy.outage_delay(outages)
        try:
            if delay is not None:
                headers = parked_headers(message.headers, failures - bool(outages), outages)
                self._park(message, headers, delay, error)
            else:
                if self._on_give_up is not None and worker_ctx is not None:
                    self._call_on_give_up(self._on_give_up, worker_ctx, error)
                self._give_up(message, failures, error)
        except (BrokerUnavailable, Unroutable) as failure:
            _log.warning("%s is requeued: %s", self._name, failure)
            eventlet.sleep(REQUEUE_PAUSE_SECONDS)
            self.queue_consumer.requeue_message(message)
        except Exception:  # noqa: BLE001  py-amqp cannot encode every header that it can decode
            _log.exception("%s cannot be published again", self._name)
            self.queue_consumer.reject_message(message)
        else:
            self.queue_consumer.ack_message(message)

    def _call_on_give_up(
        self, method: str, worker_ctx: WorkerContext, error: BaseException
    ) -> None:
        """Call the method; an error of it must not keep the event from the dead letters."""
        try:
            getattr(worker_ctx.service, method)(*worker_ctx.args, error)
        except BrokerUnavailable:
            raise  # the event is requeued, and the method called again
        except (Exception, eventlet.Timeout):  # noqa: BLE001  whatever the method raises
            _log.exception("%s: on_give_up failed", self._name)

    def _park(
        self, message: Message, headers: dict[str, Any], delay: float, error: BaseException
    ) -> None:
        self.publisher.publish_message(
            outgoing(message, headers),
            parking_name(delay, self._parking),
            self.queue.name,
            mandatory=True,
        )
        self.container.metrics.retried(self.method_name)
        outages = outages_so_far(headers)
        _log.warning(
            "%s is tried again in %g s (%s %d: %s)",
            self._name,
            delay,
            "outage" if outages else "failure",
            outages or failures_so_far(headers),
            error_text(error),
        )

    def _give_up(self, message: Message, failures: int, error: BaseException) -> None:
        headers = dead_headers(message.headers, failures, self.queue.name, error)
        self.publisher.publish_message(
            outgoing(message, headers), DEAD_LETTERS, self.queue.name, mandatory=True
        )
        self.container.metrics.dead_lettered(self.method_name)
        _log.error(
            "%s was dead-lettered after %d failures: %s", self._name, failures, error_text(error)
        )

    @property
    def _name(self) -> str:
        return f"{self.container.service_name}.{self.method_name}"


def outgoing(message: Message, headers: dict[str, Any]) -> Outgoing:
    kept = {
        name: message.properties[name] for name in _KEPT_PROPERTIES if name in message.properties
    }
    return Outgoing(
        message.body,
        content_type=message.content_type,
        content_encoding=message.content_encoding,
        application_headers=headers,
        delivery_mode=PERSISTENT,
        **{"message_id": new_message_id(), **kept},
    )


class EventHandler(RetryingConsumer, nameko.events.EventHandler):
    """A method that handles events of another service."""


event_handler = EventHandler.decorator
consume = RetryingConsumer.decorator


class EventDispatcher(DependencyProvider):
    """Injects ``dispatch(event_type, event_data)``, which returns when the broker has confirmed.

    Unlike Nameko's it does not need the broker to start.
    """

    publisher = Publisher()

    def setup(self) -> None:
        container = self.container
        self._exchange = get_event_exchange(container.service_name, container.config)
        self.publisher.declare(self._exchange)

    def get_dependency(self, worker_ctx: WorkerContext) -> Callable[[str, Any], None]:
        def dispatch(event_type: str, event_data: Any) -> None:
            self._dispatch(worker_ctx, event_type, event_data)

        return dispatch

    def _dispatch(self, worker_ctx: WorkerContext, event_type: str, event_data: Any) -> None:
        context = worker_ctx.message_context
        name = f"{self.container.service_name}.{event_type}"
        span = self.container.tracer.begin(
            name, "producer", context.span.context, {"messaging.system": "rabbitmq"}
        )
        data = worker_ctx.context_data | context.outgoing(span.context)
        data.pop(DEADLINE, None)  # it is the deadline of the call, not of the event
        try:
            self.publisher.publish(
                event_data,
                self._exchange.name,
                event_type,
                serializer=self.container.serializer,
                headers=write_headers(data),
                delivery_mode=PERSISTENT,
            )
        except Exception as error:
            span.end(type(error).__name__)
            raise
        span.end()
