"""Distributes the states of jobs to streams: one read for each change, however many streams."""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mare_gateway.events.messages import Snapshot
from mare_nameko.bounded_logs import BoundedWarnings
from mare_nameko.client import RemoteError

log = logging.getLogger(__name__)

QUEUE_SIZE = 8
"""States that wait for one stream. A job has four in an attempt; a slow client misses the oldest,
and each state contains all earlier results."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
"""Seconds before a failed read is repeated."""

_REREAD_SECONDS, _REREAD_PAUSE = 15.0, 0.1
"""Seconds between two readings of all watched jobs, and between two jobs of one reading."""

_BATCH_PAUSE = 0.2
"""Seconds between two readings of a batch, which is outdated by each change of its 100 jobs."""

Job = tuple[str, str]
"""Owner and id of a job: the owner of an anonymous client's job is an empty text."""

Read = Callable[[Job], Awaitable[Mapping[str, Any]]]


class Closed(Exception):
    """Raised by a subscription after which no state follows: the process stops."""


class Subscription:
    def __init__(self) -> None:
        self._waiting: deque[Snapshot] = deque(maxlen=QUEUE_SIZE)
        self._last_id: str | None = None
        self._error: Exception | None = None
        self._something = asyncio.Event()

    async def next(self) -> Snapshot:
        """Return the next state; raise Closed, or RemoteError if there is no such job."""
        while not self._waiting:
            if self._error is not None:
                raise self._error
            self._something.clear()
            await self._something.wait()
        return self._waiting.popleft()

    def put(self, snapshot: Snapshot) -> None:
        """Add a state, unless it is that of the call before."""
        if snapshot.event_id == self._last_id:
            return
        self._last_id = snapshot.event_id
        self._waiting.append(snapshot)
        self._something.set()

    def fail(self, error: Exception) -> None:
        self._error = error
        self._something.set()


class _Watch:
    """A job with at least one subscription."""

    def __init__(self) -> None:
        self.subscriptions: set[Subscription] = set()
        self.latest: Snapshot | None = None
        self.outdated = True
        self.reading: asyncio.Task[None] | None = None


class JobFeed:
    """Reads changed jobs and passes their states to subscriptions, in one event loop."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._watches: dict[Job, _Watch] = {}
        self._batches: dict[Job, set[Job]] = defaultdict(set)
        """The watched batches of a job."""
        self._closed = False
        self._warnings = BoundedWarnings(log)

    @contextmanager
    def subscribe(self, job: Job) -> Iterator[Subscription]:
        watch = self._watches.setdefault(job, _Watch())
        subscription = Subscription()
        watch.subscriptions.add(subscription)
        if self._closed:
            subscription.fail(Closed())
        elif watch.latest is not None and not watch.latest.is_final:
            subscription.put(watch.latest)
        else:
            watch.outdated = True  # the job may have been tried again since the last read
        self._refresh(job, watch)
        try:
            yield subscription
        finally:
            watch.subscriptions.discard(subscription)
            if not watch.subscriptions:
                self._forget(job, watch)

    def changed(self, job: Job) -> None:
        """Read a job, and the batches it belongs to, again if a stream needs them."""
        for changed in (job, *self._batches.get(job, ())):
            if watch := self._watches.get(changed):
                watch.outdated = True
                self._refresh(changed, watch)

    def reread(self) -> None:
        for job in list(self._watches):
            self.changed(job)

    async def reread_steadily(self) -> None:
        """Read all watched jobs from time to time: `job_changed` is transient, and can be lost."""
        while True:
            await asyncio.sleep(_REREAD_SECONDS)
            for job in list(self._watches):
                self.changed(job)
                await asyncio.sleep(_REREAD_PAUSE)

    def close(self) -> None:
        self._closed = True
        for watch in self._watches.values():
            _fail(watch, Closed())

    def _forget(self, job: Job, watch: _Watch) -> None:
        if self._watches.get(job) is watch:
            del self._watches[job]
        for member in _members(job, watch):
            self._batches[member].discard(job)
            if not self._batches[member]:
                del self._batches[member]
        if watch.reading is not None:
            watch.reading.cancel()

    def _refresh(self, job: Job, watch: _Watch) -> None:
        if watch.outdated and watch.reading is None and not self._closed:
            watch.reading = asyncio.create_task(self._read_until_current(job, watch))

    async def _read_until_current(self, job: Job, watch: _Watch) -> None:
        pause = _FIRST_PAUSE
        try:
            while watch.outdated:
                watch.outdated, present = False, set(watch.subscriptions)
                try:
                    snapshot = Snapshot.of(await self._read(job))
                except Exception as error:  # noqa: BLE001 - an error must not end the streams of the job
                    if isinstance(error, RemoteError) and error.exc_type == "JobNotFound":
                        self._watches.pop(job, None)
                        _fail(watch, error)
                        return
                    self._warnings.warn("A job cannot be read: %r", error)
                    watch.outdated = True
                    await asyncio.sleep(pause)
                    pause = min(_LONGEST_PAUSE, 2 * pause)
                else:
                    is_first = watch.latest is None
                    _deliver(watch, snapshot, present)
                    if is_first and snapshot.members:
                        self._follow_members(job, watch)
                    elif snapshot.members:
                        await asyncio.sleep(_BATCH_PAUSE)
        finally:
            watch.reading = None

    def _follow_members(self, batch: Job, watch: _Watch) -> None:
        for member in _members(batch, watch):
            self._batches[member].add(batch)
        watch.outdated = True  # earlier changes of these jobs did not mark the batch


def _members(batch: Job, watch: _Watch) -> list[Job]:
    client, _ = batch
    return [(client, job_id) for job_id in watch.latest.members] if watch.latest else []


def _deliver(watch: _Watch, snapshot: Snapshot, present: set[Subscription]) -> None:
    """Pass a state on; a final one only to those that were `present` when its read began.

    A later subscription may be that of a client that has tried the job again meanwhile.
    """
    watch.latest = snapshot
    if snapshot.is_final and not watch.subscriptions <= present:
        watch.outdated = True
    for subscription in present if snapshot.is_final else watch.subscriptions:
        subscription.put(snapshot)


def _fail(watch: _Watch, error: Exception) -> None:
    for subscription in watch.subscriptions:
        subscription.fail(error)
