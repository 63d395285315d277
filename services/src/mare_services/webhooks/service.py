"""The Nameko service ``webhooks``."""

import os
from collections.abc import Callable
from functools import partial
from logging import getLogger
from typing import Any

from nameko.exceptions import MethodNotFound, RemoteError, UnknownService
from nameko.extensions import DependencyProvider
from nameko.standalone.events import get_event_exchange

from mare_nameko.bounded_logs import BoundedWarnings
from mare_nameko.headers import DEADLINE, write_headers
from mare_nameko.service import RpcProxy, register_errors
from mare_nameko.service.errors import (
    BadReply,
    BrokerUnavailable,
    CallTimedOut,
    DeadlineExceeded,
)
from mare_nameko.service.publisher import Publisher
from mare_nameko.service.retries import dead_letter_queue, parking_queue
from mare_services.contract import wire
from mare_services.contract.callbacks import CallbackDue, CallbacksEnded
from mare_services.contract.errors import ServiceError
from mare_services.webhooks.adapters.handler import REDELIVERIES, callback_handler
from mare_services.webhooks.adapters.names import Resolver
from mare_services.webhooks.adapters.queues import AmqpQueues
from mare_services.webhooks.adapters.transport import HttpTransport
from mare_services.webhooks.delivery import CallbackDelivery, Received
from mare_services.webhooks.domain.destinations import Destinations
from mare_services.webhooks.domain.schedule import Schedule
from mare_services.webhooks.sending import Sender, Signer
from mare_services.webhooks.settings import Settings

register_errors(ServiceError)
ASK_SECONDS = 2.0
"""Of an attempt, for the question whether the receiver has ended the callbacks."""
_UNANSWERED = (
    *(BadReply, BrokerUnavailable, CallTimedOut, DeadlineExceeded),
    *(RemoteError, ServiceError, UnknownService),
    MethodNotFound,  # of an older version
)
_log = getLogger(__name__)
_warnings = BoundedWarnings(_log)


class Deliveries(DependencyProvider):
    """Injects a function that delivers a callback. All workers share the bounds."""

    publisher = Publisher()

    def setup(self) -> None:
        """Read the settings. An invalid setting stops the service before it takes a message."""
        settings = Settings.from_env(os.environ)
        if settings.allow_localhost:
            _log.warning("Callbacks to this machine are allowed: WEBHOOKS_ALLOW_LOCALHOST is set")
        schedule = Schedule(settings.retry_seconds)
        self._events = get_event_exchange(self.container.service_name, self.container.config)
        self.publisher.declare(
            self._events, dead_letter_queue(), *map(parking_queue, schedule.parkings)
        )
        resolver = Resolver(settings.refused_networks.each)
        self._delivery = CallbackDelivery(
            sender=Sender(
                transport=HttpTransport(resolver, ca_file=settings.ca_file),
                signer=Signer(settings.secrets.each),
            ),
            attempt_seconds=settings.attempt_seconds,
            rules=settings.url_rules,
            schedule=schedule,
            destinations=Destinations(
                concurrency=settings.concurrency,
                rate=settings.rate,
                workers=self.container.max_workers,
            ),
        )

    def get_dependency(self, worker_ctx: Any) -> Callable[[CallbackDue, Any], None]:
        context = worker_ctx.message_context
        redeliveries = worker_ctx.data.pop(REDELIVERIES, 0)
        data = worker_ctx.context_data | context.outgoing(context.span.context)
        data.pop(DEADLINE, None)
        queues = AmqpQueues(self.publisher, self._events, write_headers(data))

        def handle(due: CallbackDue, jobs: Any) -> None:
            trace = context.span.context.traceparent
            headers = {"traceparent": trace, "X-Request-Id": context.request_id}
            received = Received(due=due, redeliveries=redeliveries, headers=headers)
            self._delivery.handle(received, queues, partial(have_ended, jobs))

        return handle


def have_ended(jobs: Any, job_id: str) -> bool | None:
    """Return whether a receiver has ended the callbacks of a job; None if `jobs` does not answer.

    `jobs` is a proxy of the service, which has the record of each job.
    """
    try:
        return wire.read(jobs.callbacks_ended({"id": job_id}), CallbacksEnded).ended
    except _UNANSWERED as error:
        _warnings.warn("Callbacks wait, because jobs does not answer: %s", error)
        return None


class WebhooksService:
    """Sends callbacks to clients and reports each attempt."""

    name = "webhooks"

    handle = Deliveries()
    jobs = RpcProxy("jobs", timeout=ASK_SECONDS)

    @callback_handler("jobs", "callback_due")
    def deliver(self, event: Any) -> None:
        """Send a ``CallbackDue``, or park it until it is time."""
        self.handle(wire.read(event, CallbackDue), self.jobs)
