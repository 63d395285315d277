"""Publishes the outbox: events that the store holds go to the broker, at least once."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from logging import getLogger
from typing import Any

import eventlet
from eventlet import tpool
from eventlet.queue import Empty, LightQueue
from nameko.extensions import DependencyProvider
from nameko.standalone.events import get_event_exchange

from mare_nameko.service.confirming_session import Unroutable
from mare_nameko.service.publisher import PERSISTENT, Publisher
from mare_services.jobs.ports import JobStore, StoredEvent

_log = getLogger(__name__)

POLL_SECONDS = 1.0
"""Interval at which events of other replicas that have died are found."""
CLAIM_SECONDS = 15.0
"""Time in which no other replica publishes a claimed event."""
PAUSE_SECONDS = 2.0
"""Pause after an error of the store or of the broker."""
UNROUTABLE_SECONDS = 5.0
"""Time for which events of a type without a queue stay: they must not hold back the others."""
STUCK_SECONDS = 60.0
"""Time without progress after which the process is not alive. The store and the broker answer, or
an error is raised, within 20 s."""
BATCH = 50
NEEDS_A_WORKER = frozenset({"job_accepted", "callback_due"})
"""Events that stay in the outbox until a queue exists for them."""


class OutboxRelay(DependencyProvider):
    """Injects a function that wakes the relay, so that a new event does not wait for the poll."""

    publisher = Publisher()

    def __init__(self) -> None:
        self._wakes: LightQueue = LightQueue(1)
        self._thread: Any = None
        self._unroutable: dict[str, float] = {}
        """Types without a queue, and the monotonic time at which they are tried again."""
        self._last_progress: float | None = None

    def setup(self) -> None:
        container = self.container
        self._exchange = get_event_exchange(container.service_name, container.config)
        self.publisher.declare(self._exchange)

    def start(self) -> None:
        self._thread = self.container.spawn_managed_thread(self._run, identifier="outbox relay")

    def stop(self) -> None:
        """Stop; events that are claimed but not published are taken over when the claim ends."""
        if self._thread is not None:
            self._thread.kill()

    def liveness_failures(self) -> list[str]:
        """Return why the process must be restarted; empty if the relay makes progress."""
        if self._last_progress is None:
            return []
        idle = time.monotonic() - self._last_progress
        return [f"the outbox relay has been stuck for {idle:.0f} s"] if idle > STUCK_SECONDS else []

    def get_dependency(self, worker_ctx: Any) -> Callable[[], None]:  # noqa: ARG002
        return self._wake

    def _wake(self) -> None:
        if self._wakes.empty():
            self._wakes.put_nowait(None)

    def _run(self) -> None:
        while True:
            self._last_progress = time.monotonic()
            try:
                while self._publish_batch() == BATCH:
                    pass
            except Exception as error:  # noqa: BLE001 - the store or the broker may be away
                _log.warning("The outbox cannot be published: %s", type(error).__name__)
                eventlet.sleep(PAUSE_SECONDS)
            try:
                self._wakes.get(timeout=POLL_SECONDS)
            except Empty:
                continue

    def _publish_batch(self) -> int:
        store = self._store()
        now = datetime.now(UTC)
        until = now + timedelta(seconds=CLAIM_SECONDS)
        events = tpool.execute(store.claim_events, now, until, BATCH, self._held_types())
        published: list[str] = []
        try:
            published.extend(event.message_id for event in events if self._publish(event))
        finally:
            if published:
                tpool.execute(store.forget_published, published)
        return len(events)

    def _held_types(self) -> list[str]:
        now = time.monotonic()
        return [kind for kind, until in self._unroutable.items() if now < until]

    def _store(self) -> JobStore:
        stores = (getattr(each, "store", None) for each in self.container.dependencies)
        found: JobStore = next(store for store in stores if store is not None)
        return found

    def _publish(self, event: StoredEvent) -> bool:
        self._last_progress = time.monotonic()
        if event.type in self._held_types():
            return False
        try:
            self.publisher.publish(
                event.data,
                self._exchange.name,
                event.type,
                mandatory=event.type in NEEDS_A_WORKER,
                delivery_mode=PERSISTENT,
                message_id=event.message_id,
            )
        except Unroutable:
            _log.warning("No queue exists for %s: the events stay in the outbox", event.type)
            self._unroutable[event.type] = time.monotonic() + UNROUTABLE_SECONDS
            return False
        return True
