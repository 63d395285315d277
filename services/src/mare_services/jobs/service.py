"""The Nameko service ``jobs``."""

import os
from collections.abc import Callable
from contextvars import copy_context
from datetime import timedelta
from logging import getLogger
from typing import Any, ParamSpec, TypeVar

import msgspec
from eventlet import tpool
from eventlet.greenthread import GreenThread
from nameko.extensions import DependencyProvider

from mare_nameko.bounded_logs import cause_of
from mare_nameko.service import event_handler, register_errors, rpc, timer
from mare_nameko.service.publisher import Publisher
from mare_services.contract import wire
from mare_services.contract.callbacks import CallbackAttempted
from mare_services.contract.errors import (
    InvalidRequest,
    JobNotFound,
    ServiceError,
    StoreUnavailable,
)
from mare_services.contract.jobs import (
    JOB_PARKING,
    BatchSubmission,
    JobListQuery,
    JobQuery,
    JobStarted,
    JobState,
    JobSubmission,
    PlaylistComposed,
    PlaylistFailed,
    WeatherObserved,
)
from mare_services.jobs.adapters.backlog import Backlog
from mare_services.jobs.adapters.opening import open_store
from mare_services.jobs.adapters.publishing import JobEvents, current_context
from mare_services.jobs.adapters.relay import EventRelay
from mare_services.jobs.batch_store import BatchStore
from mare_services.jobs.batches import BatchLifecycle
from mare_services.jobs.callbacks import DeliveryLog, JobCallbacks
from mare_services.jobs.domain.job import Job
from mare_services.jobs.domain.view import view
from mare_services.jobs.lifecycle import BATCH, JobLifecycle
from mare_services.jobs.settings import Settings

register_errors(ServiceError)
_log = getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

Report = TypeVar("Report", JobStarted, WeatherObserved, PlaylistComposed, PlaylistFailed)

SWEEP_SECONDS = 5.0
LARGEST_DOCUMENT = 2**18
"""Bytes of the JSON in one event. The playlist of 50 tracks takes 30 KiB."""


class JobsResources(DependencyProvider):
    """Store, rules and relay, shared by all workers."""

    publisher = Publisher()

    def __init__(self) -> None:
        self._thread: GreenThread | None = None

    def setup(self) -> None:
        """Wait for the store. An invalid setting stops the service at once."""
        settings = Settings.from_env(os.environ)
        self.store = open_store(settings.store, settings.max_open)
        events = JobEvents(self.container, self.publisher)
        self.relay = EventRelay(self.store.outbox, events.send)
        self.store.outbox.publish = self.relay.take
        database = self.store.database
        self.store_outages = database.outages
        self.callbacks = JobCallbacks(self.store, DeliveryLog(database), settings.url_rules)
        self.lifecycle = JobLifecycle(
            self.store,
            terms=settings.terms,
            stalled_after=timedelta(seconds=settings.stalled_seconds),
            redeliveries=settings.redeliveries,
            clock=self.store.clock,
            context=current_context,
        )
        self.batches = BatchLifecycle(BatchStore(self.store), self.lifecycle)

    def start(self) -> None:
        self._thread = self.container.spawn_managed_thread(self.relay.run, identifier="relay")

    def stop(self) -> None:
        """Publish what was committed, then close the store."""
        if self._thread is not None:
            self._thread.kill()
        self.relay.stop(self.container.settings.publish_seconds)
        self.store.close()

    def liveness_failures(self) -> list[str]:
        return [] if self._thread is None else self.relay.liveness_failures()

    def get_dependency(self, worker_ctx: Any) -> "JobsResources":  # noqa: ARG002
        return self


class JobsService:
    """Stores the records of jobs; other services do the work."""

    name = "jobs"

    resources = JobsResources()
    backlog_is_empty = Backlog()

    @rpc
    def accept(self, submission: Any) -> Any:
        """Store a ``JobSubmission`` and return its ``JobView``; it is on disk then."""
        submitted = wire.read(submission, JobSubmission)
        callback = self.resources.callbacks.read(submitted.callback)
        return view(self._call(self.resources.lifecycle.accept, submitted, callback))

    @rpc
    def accept_batch(self, submission: Any) -> Any:
        """Store the jobs of a ``BatchSubmission`` and return the ``BatchView``."""
        submitted = wire.read(submission, BatchSubmission)
        callbacks = [self.resources.callbacks.read(item.callback) for item in submitted.jobs]
        return self._call(self.resources.batches.accept, submitted, callbacks)

    @rpc
    def list_jobs(self, query: Any) -> Any:
        """Return the ``JobList`` for a ``JobListQuery``."""
        page = wire.read(query, JobListQuery)
        return self._call(self.resources.batches.list_jobs, page.client, page.limit, page.cursor)

    @rpc
    def get(self, query: Any) -> Any:
        """Return the ``JobView`` or ``BatchView`` for a ``JobQuery``; raise JobNotFound."""
        requested = wire.read(query, JobQuery)
        try:
            return view(self._call(self.resources.lifecycle.get, requested.id, requested.client))
        except JobNotFound:
            return self._call(self.resources.batches.get, requested.id, requested.client)

    @rpc
    def cancel(self, query: Any) -> Any:
        """End a job, or all jobs of a batch; raise JobNotFound or JobNotChangeable."""
        try:
            return self._changed(query, self.resources.lifecycle.cancel)
        except JobNotFound:
            requested = wire.read(query, JobQuery)
            return self._call(self.resources.batches.cancel, requested.id, requested.client)

    @rpc
    def retry(self, query: Any) -> Any:
        """Start another attempt; raise JobNotFound, JobNotChangeable or TooManyOpenJobs."""
        return self._changed(query, self.resources.lifecycle.retry)

    @rpc
    def deliveries(self, query: Any) -> Any:
        """Return the ``DeliveryList`` of a job; raise JobNotFound."""
        requested = wire.read(query, JobQuery)

        def read() -> Any:
            self.resources.lifecycle.get(requested.id, requested.client)
            return self.resources.callbacks.log.of(requested.id)

        return {"deliveries": self._call(read)}

    @rpc
    def callbacks_ended(self, query: Any) -> Any:
        """Return ``CallbacksEnded`` for a ``JobQuery``, of any client."""
        job_id = wire.read(query, JobQuery).id
        return {"ended": self._call(self.resources.callbacks.ended, job_id)}

    @event_handler("webhooks", "callback_attempted", outages=StoreUnavailable)
    def callback_attempted(self, event: Any) -> None:
        attempted = wire.read(event, CallbackAttempted)
        self._call(self.resources.callbacks.record, attempted)

    @event_handler("playlists", "job_started", outages=StoreUnavailable, parking=JOB_PARKING)
    def job_started(self, event: Any) -> None:
        self._record(event, JobStarted, JobState.RUNNING)

    @event_handler("playlists", "weather_observed", outages=StoreUnavailable, parking=JOB_PARKING)
    def weather_observed(self, event: Any) -> None:
        self._record(event, WeatherObserved, JobState.PARTIAL, weather="report")

    @event_handler("playlists", "playlist_composed", outages=StoreUnavailable, parking=JOB_PARKING)
    def playlist_composed(self, event: Any) -> None:
        fields = {"result": "suggestion", "weather": "report"}
        self._record(event, PlaylistComposed, JobState.COMPLETE, **fields)

    @event_handler("playlists", "playlist_failed", outages=StoreUnavailable, parking=JOB_PARKING)
    def playlist_failed(self, event: Any) -> None:
        self._record(event, PlaylistFailed, JobState.FAILED, failure="failure")

    @timer(interval=SWEEP_SECONDS)
    def sweep(self) -> None:
        """Expire overdue jobs, delete old records, and publish again what the broker has lost."""
        lifecycle = self.resources.lifecycle
        self._call(self.resources.store.clock.synchronize)
        counts = {
            "expired": self._sweep(lifecycle.expire),
            "deleted": self._call(lifecycle.delete_expired),
        }
        if self._call(lifecycle.has_stalled):
            counts["redelivered"] = (
                self._sweep(lifecycle.redeliver)
                if self.backlog_is_empty()
                else self._call(lifecycle.redeliver_late)
            )
        if any(counts.values()):
            _log.info("Swept jobs: %s", counts)

    def _sweep(self, change_batch: Callable[[], int]) -> int:
        """Change all jobs that are due, one transaction for each `BATCH`; return how many."""
        changed = batch = self._call(change_batch)
        while batch == BATCH:
            batch = self._call(change_batch)
            changed += batch
        return changed

    def _changed(self, query: Any, change: Callable[[str, str], Job]) -> Any:
        requested = wire.read(query, JobQuery)
        return view(self._call(change, requested.id, requested.client))

    def _record(self, event: Any, kind: type[Report], state: JobState, **fields: str) -> None:
        """Record an event; `fields` maps fields of the job to those of the event.

        InvalidRequest is raised for an event of another shape or size, which ends as a dead letter.
        """
        report = wire.read(event, kind)
        documents = {name: event[source] for name, source in fields.items() if source in event}
        if len(msgspec.json.encode(documents)) > LARGEST_DOCUMENT:
            raise InvalidRequest(f"{kind.__name__}: it has more than {LARGEST_DOCUMENT} bytes.")
        record = self.resources.lifecycle.record
        self._call(record, report.job_id, report.attempt, state, **documents)

    def _call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in a native thread, where a lock of the store does not stop heartbeats.

        What it has committed is published afterwards. A call that still waits for a thread when its
        deadline passes is skipped. While a stopped store holds each thread for 17 s, such calls
        would delay the relay for more than `STUCK_SECONDS`.
        """
        context, is_awaited = copy_context(), True

        def run() -> T | None:
            return context.run(work, *args, **kwargs) if is_awaited else None

        try:
            result: T = tpool.execute(run)
        except self.resources.store_outages as error:
            raise StoreUnavailable(f"The store of the jobs fails: {cause_of(error)}") from error
        finally:
            is_awaited = False
            self.resources.relay.flush()
        return result
