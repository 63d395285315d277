"""Publishes the outbox: events that the store holds go to the broker, at least once."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from logging import getLogger
from typing import Any

import eventlet
from eventlet import tpool
from eventlet.queue import Empty, LightQueue
from nameko.extensions import DependencyProvider
from nameko.standalone.events import get_event_exchange

from mare_nameko.bounded_logs import BoundedWarnings
from mare_nameko.service.confirming_session import Unroutable
from mare_nameko.service.publisher import PERSISTENT, Publisher
from mare_nameko.service.retries import error_text
from mare_services.jobs.job_store import JobStore
from mare_services.jobs.ports import StoredEvent

_log = getLogger(__name__)

POLL_SECONDS = 1.0
"""Longest pause before the outbox is read again: other replicas may have died with events."""
CLAIM_SECONDS = 15.0
"""Time in which no other replica publishes a claimed event."""
PAUSE_SECONDS = 2.0
"""Pause after an error of the store or of the broker, or if there is no queue."""
STUCK_SECONDS = 60.0
"""Time without progress after which the process is not alive. The store and the broker answer, or
an error is raised, within 20 s."""
BATCH = 50
TYPES = {"job_accepted": True, "job_changed": False, "callback_due": True}
"""Types of events, and whether they stay in the outbox until a queue exists for them."""


class OutboxRelay(DependencyProvider):
    """Injects a function that wakes the relay, so that a new event does not wait for the poll.

    Each type has a green thread: a queue that does not answer holds back no other type.
    """

    publisher = Publisher()

    def __init__(self) -> None:
        self._wakes: dict[str, LightQueue] = {kind: LightQueue(1) for kind in TYPES}
        self._threads: list[Any] = []
        self._progress: dict[str, float] = {}
        """Monotonic time of the last progress with each type."""
        self._warnings = BoundedWarnings(_log)

    def setup(self) -> None:
        container = self.container
        self._exchange = get_event_exchange(container.service_name, container.config)
        self.publisher.declare(self._exchange)

    def start(self) -> None:
        self._threads = [
            self.container.spawn_managed_thread(partial(self._run, kind), identifier=kind)
            for kind in TYPES
        ]

    def stop(self) -> None:
        """Stop; events that are claimed but not published are taken over when the claim ends."""
        for thread in self._threads:
            thread.kill()

    def liveness_failures(self) -> list[str]:
        """Return why the process must be restarted; empty if the relay makes progress."""
        now = time.monotonic()
        idle = max((now - progress for progress in self._progress.values()), default=0.0)
        return [f"the outbox relay has been stuck for {idle:.0f} s"] if idle > STUCK_SECONDS else []

    def get_dependency(self, worker_ctx: Any) -> Callable[[], None]:  # noqa: ARG002
        return self._wake

    def _wake(self) -> None:
        for wakes in self._wakes.values():
            if wakes.empty():
                wakes.put_nowait(None)

    def _run(self, kind: str) -> None:
        while True:
            self._progress[kind] = time.monotonic()
            try:
                while self._publish_batch(kind) == BATCH:
                    pass
            except Unroutable:
                self._warnings.warn(f"No queue exists for {kind}: the events stay in the outbox")
                eventlet.sleep(PAUSE_SECONDS)
            except Exception as error:  # noqa: BLE001 - the store or the broker may be away
                self._warnings.warn(f"{kind} cannot be published: %s", error_text(error))
                eventlet.sleep(PAUSE_SECONDS)
            try:
                self._wakes[kind].get(timeout=POLL_SECONDS)
            except Empty:
                continue

    def _publish_batch(self, kind: str) -> int:
        store = self._store()
        now = datetime.now(UTC)
        until = now + timedelta(seconds=CLAIM_SECONDS)
        events = tpool.execute(store.claim_events, now, until, BATCH, kind)
        published: list[str] = []
        try:
            for event in events:
                self._publish(event)
                published.append(event.message_id)
        finally:
            if published:
                tpool.execute(store.forget_published, published)
        return len(events)

    def _store(self) -> JobStore:
        stores = (getattr(each, "store", None) for each in self.container.dependencies)
        found: JobStore = next(store for store in stores if store is not None)
        return found

    def _publish(self, event: StoredEvent) -> None:
        self._progress[event.type] = time.monotonic()
        self.publisher.publish(
            event.data,
            self._exchange.name,
            event.type,
            mandatory=TYPES[event.type],
            delivery_mode=PERSISTENT,
            message_id=event.message_id,
        )
