"""Publishes the events of jobs: from memory after their commit, from the outbox if that failed."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from logging import getLogger
from typing import TypeVar

import eventlet
from eventlet import tpool
from eventlet.greenthread import GreenThread
from eventlet.queue import Empty, LightQueue

from mare_nameko.bounded_logs import BoundedWarnings
from mare_nameko.service.confirming_session import Unroutable
from mare_nameko.service.errors import BrokerUnavailable
from mare_nameko.service.retries import error_text
from mare_services.jobs.outbox import CLAIM_SECONDS, CONFIRM_SECONDS, Outbox
from mare_services.jobs.ports import StoredEvent

_log = getLogger(__name__)
T = TypeVar("T")

SETTLE_SECONDS = 1.0
"""Longest time from the confirm of an event to its deletion from the outbox."""
RESCUE_SECONDS = 5.0
"""Pause between two reads of the outbox for events that another process has left. They are
published at most this long after their claim has ended."""
PAUSE_SECONDS = 2.0
"""Pause of a type after an error of the broker, or if there is no queue."""
STUCK_SECONDS = 60.0
"""Time without progress after which the process is not alive. The store and the broker answer, or
an error is raised, within 20 s."""
IN_FLIGHT = 25
"""Events of one type without a confirm. A quorum queue slows down a publisher after 32
(``quorum_commands_soft_limit``)."""
WAITING = 500
"""Durable events of one type in memory. Further ones are left to the outbox."""
NOTICES = 10_000
"""Events in memory of a type that is not durable; of further ones the oldest are dropped. They take
8 MB, and last for 80 s of a pause at 40 jobs a second with three changes each."""
BATCH = 100
"""Events that are claimed, or settled, in one transaction if there are many."""
TYPES = ("job_accepted", "job_changed", "callback_due")


class _Lane:
    """The events of one type that are on their way to the broker."""

    def __init__(self) -> None:
        self.waiting: deque[StoredEvent] = deque(maxlen=NOTICES)
        self.threads: set[GreenThread] = set()
        self.in_flight_limit = 1
        """One until the broker has confirmed an event: a missing queue refuses one, not many."""
        self.paused_until = 0.0
        self.has_more = False
        """Whether the outbox may have events without a claim."""
        self.progress = 0.0
        """Monotonic time of the last step."""

    @property
    def is_paused(self) -> bool:
        return time.monotonic() < self.paused_until


class EventRelay:
    """Publishes events at least once if they are durable. A type that fails holds back no other."""

    def __init__(self, outbox: Outbox, send: Callable[[StoredEvent], None]) -> None:
        self._outbox = outbox
        self._send = send
        self._committed: deque[StoredEvent] = deque()
        """Native threads append to it."""
        self._lanes = {kind: _Lane() for kind in TYPES}
        self._published: list[str] = []
        self._released: list[StoredEvent] = []
        self._wakes = LightQueue(1)
        self._rescue_at = 0.0
        self._progress = time.monotonic()
        self._warnings = BoundedWarnings(_log)

    def take(self, events: Sequence[StoredEvent]) -> None:
        """Take events of a committed transaction, in any thread; :meth:`flush` publishes them."""
        self._committed.extend(events)

    def flush(self) -> None:
        """Begin to publish what was taken; call it in a green thread."""
        while self._committed:
            event = self._committed.popleft()
            lane = self._lanes[event.type]
            if event.durable and (lane.is_paused or len(lane.waiting) >= WAITING):
                lane.has_more = True
                self._release([event])
            else:
                self._enqueue(lane, [event])
        for lane in self._lanes.values():
            self._enqueue(lane, ())  # what a pause has kept

    def run(self) -> None:
        """Settle what is published and rescue what is left, for ever."""
        while True:
            self._progress = time.monotonic()
            self.flush()  # what a call has committed after its deadline
            try:
                self._settle()
                if time.monotonic() >= self._rescue_at:
                    self._rescue()
            except Exception as error:  # noqa: BLE001 - whatever the driver of the store raises
                self._warnings.warn("The outbox cannot be used: %s", error_text(error))
                self._rescue_at = time.monotonic() + PAUSE_SECONDS
                eventlet.sleep(PAUSE_SECONDS)
            try:
                self._wakes.get(timeout=SETTLE_SECONDS)
            except Empty:
                continue

    def stop(self, seconds: float) -> None:
        """Wait for the confirms of what is published, and leave the rest to other processes."""
        self.flush()
        with eventlet.Timeout(seconds, False):
            for lane in self._lanes.values():
                for thread in list(lane.threads):
                    thread.wait()
        for lane in self._lanes.values():
            self._release(lane.waiting)
            for thread in list(lane.threads):
                thread.kill()
        try:
            self._settle()
        except Exception as error:  # noqa: BLE001 - whatever the driver of the store raises
            self._warnings.warn("The outbox cannot be settled: %s", error_text(error))

    def liveness_failures(self) -> list[str]:
        """Return why the process must be restarted; empty if the relay makes progress."""
        steps = [lane.progress for lane in self._lanes.values() if lane.threads]
        idle = time.monotonic() - min([self._progress, *steps])
        return [f"the outbox relay has been stuck for {idle:.0f} s"] if idle > STUCK_SECONDS else []

    def _enqueue(self, lane: _Lane, events: Iterable[StoredEvent]) -> None:
        if not lane.threads:
            lane.progress = time.monotonic()
        lane.waiting.extend(events)
        if lane.is_paused:
            return
        for _ in range(min(lane.in_flight_limit - len(lane.threads), len(lane.waiting))):
            thread = eventlet.spawn(self._publish_waiting, lane)
            lane.threads.add(thread)
            thread.link(self._ended, lane)

    def _publish_waiting(self, lane: _Lane) -> None:
        while lane.waiting and not lane.is_paused:
            event = lane.waiting.popleft()
            lane.progress = time.monotonic()
            if event.durable and self._claim_left(event) < CONFIRM_SECONDS + SETTLE_SECONDS:
                # Another process would publish it too. The next claim, of any process, gets it.
                lane.has_more = True
                self._release([event])
                continue
            try:
                self._send(event)
            except Exception as error:  # noqa: BLE001 - the broker may be away
                self._pause(lane, event, error)
                return
            if event.durable:
                self._published.append(event.message_id)
            lane.in_flight_limit = IN_FLIGHT
            self._enqueue(lane, ())
        if len(self._published) >= BATCH:
            self._wake()

    def _ended(self, thread: GreenThread, lane: _Lane) -> None:
        lane.threads.discard(thread)
        if lane.has_more and not lane.is_paused:
            self._rescue_at = 0.0
            self._wake()

    def _pause(self, lane: _Lane, event: StoredEvent, error: Exception) -> None:
        if isinstance(error, Unroutable):
            self._warnings.warn(f"No queue exists for {event.type}: the events stay in the outbox")
        else:
            self._warnings.warn(f"{event.type} cannot be published: %s", error_text(error))
        lane.in_flight_limit = 1
        lane.paused_until = time.monotonic() + PAUSE_SECONDS
        self._rescue_at = min(self._rescue_at, lane.paused_until)
        events = [event, *lane.waiting]
        lane.waiting.clear()
        self._release(events)
        if isinstance(error, BrokerUnavailable):
            # Streams would miss the end of a job until they read it again, minutes later.
            lane.waiting.extend(each for each in events if not each.durable)

    def _release(self, events: Iterable[StoredEvent]) -> None:
        """End the claims of events that are durable."""
        self._released += [event for event in events if event.durable]

    def _settle(self) -> None:
        published, self._published = self._published, []
        # A claim that has ended, maybe during an outage of the store, may be of another process.
        released = [event for event in self._released if self._claim_left(event) > 0]
        self._released = []
        if published or released:
            try:
                self._store(self._outbox.settle, published, [each.message_id for each in released])
            except BaseException:
                self._published += published
                self._released += released
                raise

    def _rescue(self) -> None:
        """Claim and publish the oldest events that no process publishes."""
        now = self._outbox.clock()
        self._rescue_at = time.monotonic() + RESCUE_SECONDS
        unclaimed = self._store(self._outbox.unclaimed_types, now)
        for kind, lane in self._lanes.items():
            if kind not in unclaimed:
                # What was released during the read is settled after it.
                lane.has_more = lane.has_more and bool(self._released)
                continue
            lane.has_more = True
            if len(lane.waiting) >= BATCH:
                continue
            if lane.is_paused:
                self._rescue_at = min(self._rescue_at, lane.paused_until)
                continue
            limit = 1 if lane.in_flight_limit == 1 else BATCH
            until = now + timedelta(seconds=CLAIM_SECONDS)
            events = self._store(self._outbox.claim, now, until, limit, kind)
            lane.has_more = len(events) == limit
            # Rows of versions that stored these events; what is sent needs no row.
            self._published += [event.message_id for event in events if not event.durable]
            self._enqueue(lane, events)

    def _store(self, step: Callable[..., T], *arguments: object) -> T:
        """Do one step in a native thread; a pass has up to five, each a progress of its own."""
        self._progress = time.monotonic()
        result: T = tpool.execute(step, *arguments)
        return result

    def _wake(self) -> None:
        if self._wakes.empty():
            self._wakes.put_nowait(None)

    def _claim_left(self, event: StoredEvent) -> float:
        return event.claimed_until - self._outbox.clock().timestamp()
