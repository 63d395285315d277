"""The Nameko service ``webhooks``."""

import os
from collections.abc import Callable
from logging import getLogger
from typing import Any

from nameko.extensions import DependencyProvider
from nameko.standalone.events import get_event_exchange

from mare_nameko.headers import DEADLINE, write_headers
from mare_nameko.service import event_handler, register_errors
from mare_nameko.service.publisher import Publisher
from mare_nameko.service.retries import dead_letter_queue, parking_queue
from mare_services.contract import wire
from mare_services.contract.callbacks import CallbackDue
from mare_services.contract.errors import ServiceError
from mare_services.webhooks.adapters.names import Resolver
from mare_services.webhooks.adapters.queues import AmqpQueues
from mare_services.webhooks.adapters.transport import HttpTransport
from mare_services.webhooks.delivery import CallbackDelivery
from mare_services.webhooks.domain.destinations import Destinations
from mare_services.webhooks.domain.schedule import Schedule
from mare_services.webhooks.settings import Settings
from mare_services.webhooks.signing import Signer

register_errors(ServiceError)
_log = getLogger(__name__)


class Deliveries(DependencyProvider):
    """Injects a function that handles one ``CallbackDue``. All workers share the bounds."""

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
        self._delivery = CallbackDelivery(
            transport=HttpTransport(
                Resolver(settings.refused_networks.each),
                seconds=settings.attempt_seconds,
                ca_file=settings.ca_file,
            ),
            rules=settings.url_rules,
            schedule=schedule,
            destinations=Destinations(concurrency=settings.concurrency, rate=settings.rate),
            signer=Signer(settings.secrets.each),
        )

    def get_dependency(self, worker_ctx: Any) -> Callable[[CallbackDue], None]:
        context = worker_ctx.message_context
        data = worker_ctx.context_data | context.outgoing(context.span.context)
        data.pop(DEADLINE, None)
        queues = AmqpQueues(self.publisher, self._events, write_headers(data))
        return lambda due: self._delivery.handle(due, queues)


class WebhooksService:
    """Sends callbacks to clients and reports each attempt."""

    name = "webhooks"

    handle = Deliveries()

    @event_handler("jobs", "callback_due")
    def deliver(self, event: Any) -> None:
        """Send a ``CallbackDue``, or park it until it is time."""
        self.handle(wire.read(event, CallbackDue))
