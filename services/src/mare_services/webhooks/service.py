"""The Nameko service ``webhooks``."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from logging import getLogger
from typing import Any

from nameko.extensions import DependencyProvider
from nameko.standalone.events import get_event_exchange

from mare_nameko.headers import DEADLINE, write_headers
from mare_nameko.service import RpcProxy, register_errors, rpc
from mare_nameko.service.publisher import Publisher
from mare_nameko.service.retries import dead_letter_queue, parking_queue
from mare_services.contract import wire
from mare_services.contract.callback_urls import CallbackUrlRefused, read_url
from mare_services.contract.callbacks import Callback, CallbackDue
from mare_services.contract.errors import InvalidRequest, ServiceError
from mare_services.webhooks.adapters.handler import REDELIVERIES, callback_handler
from mare_services.webhooks.adapters.names import Resolver
from mare_services.webhooks.adapters.queues import AmqpQueues
from mare_services.webhooks.adapters.subscriptions import JobsSubscriptions
from mare_services.webhooks.adapters.transport import HttpTransport
from mare_services.webhooks.delivery import CallbackDelivery, Received
from mare_services.webhooks.domain.destinations import Destinations
from mare_services.webhooks.domain.schedule import Schedule
from mare_services.webhooks.ports import SendingFailed
from mare_services.webhooks.sending import Sender, Signer
from mare_services.webhooks.settings import Settings

register_errors(ServiceError)
ASK_SECONDS = 2.0
"""Of an attempt, for the question whether the receiver has ended the callbacks."""
_log = getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Worker:
    """What one message needs: ``handle`` delivers, ``check`` returns the origin of a URL."""

    handle: Callable[[CallbackDue, Any], None]
    check: Callable[[str], str]


class Deliveries(DependencyProvider):
    """Injects a `Worker`. All workers share the bounds."""

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
        self._rules = settings.url_rules
        self._resolver = Resolver(settings.refused_networks.each)
        self._delivery = CallbackDelivery(
            sender=Sender(
                transport=HttpTransport(self._resolver, ca_file=settings.ca_file),
                signer=Signer(settings.secrets.each),
            ),
            attempt_seconds=settings.attempt_seconds,
            rules=self._rules,
            schedule=schedule,
            destinations=Destinations(
                concurrency=settings.concurrency,
                rate=settings.rate,
                workers=self.container.max_workers,
            ),
        )

    def get_dependency(self, worker_ctx: Any) -> Worker:
        context = worker_ctx.message_context
        redeliveries = worker_ctx.data.pop(REDELIVERIES, 0)
        data = worker_ctx.context_data | context.outgoing(context.span.context)
        data.pop(DEADLINE, None)
        queues = AmqpQueues(self.publisher, self._events, write_headers(data))

        def handle(due: CallbackDue, jobs: Any) -> None:
            trace = context.span.context.traceparent
            headers = {"traceparent": trace, "X-Request-Id": context.request_id}
            received = Received(due=due, redeliveries=redeliveries, headers=headers)
            self._delivery.handle(received, queues, JobsSubscriptions(jobs))

        return Worker(handle, self._check)

    def _check(self, url: str) -> str:
        destination = read_url(url, self._rules)
        self._resolver.addresses(destination)
        return destination.origin


class WebhooksService:
    """Sends callbacks to clients and reports each attempt."""

    name = "webhooks"

    worker = Deliveries()
    jobs = RpcProxy("jobs", timeout=ASK_SECONDS)

    @rpc
    def check(self, callback: Any) -> Any:
        """Resolve the URL of a ``Callback``, send nothing; raise InvalidRequest with the reason."""
        try:
            return {"destination": self.worker.check(wire.read(callback, Callback).url)}
        except (CallbackUrlRefused, SendingFailed) as error:
            raise InvalidRequest.of(str(error), "url") from None

    @callback_handler("jobs", "callback_due")
    def deliver(self, event: Any) -> None:
        """Send a ``CallbackDue``, or park it until it is time."""
        self.worker.handle(wire.read(event, CallbackDue), self.jobs)
