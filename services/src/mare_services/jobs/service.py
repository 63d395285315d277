"""The Nameko service ``jobs``."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from logging import getLogger
from typing import Any, ParamSpec, TypeVar

import msgspec
from eventlet import tpool
from nameko.extensions import DependencyProvider

from mare_nameko.bounded_logs import cause_of
from mare_nameko.service import event_handler, register_errors, rpc, timer
from mare_services.contract import wire
from mare_services.contract.callbacks import CallbackAttempted
from mare_services.contract.errors import (
    InvalidRequest,
    JobNotFound,
    ServiceError,
    StoreUnavailable,
)
from mare_services.contract.jobs import (
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
from mare_services.jobs.adapters.relay import OutboxRelay
from mare_services.jobs.batch_store import BatchStore
from mare_services.jobs.batches import BatchLifecycle
from mare_services.jobs.callbacks import DeliveryLog, JobCallbacks
from mare_services.jobs.domain.job import Job
from mare_services.jobs.domain.view import view
from mare_services.jobs.lifecycle import JobLifecycle
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
    """Store and rules, shared by all workers."""

    def setup(self) -> None:
        """Wait for the store. An invalid setting stops the service at once."""
        settings = Settings.from_env(os.environ)
        self.store = open_store(settings.store, settings.max_open)
        database = self.store.database
        self.store_errors = database.errors
        self.callbacks = JobCallbacks(self.store, DeliveryLog(database), settings.url_rules)
        self.lifecycle = JobLifecycle(
            self.store,
            terms=settings.terms,
            stalled_after=timedelta(seconds=settings.stalled_seconds),
            redeliveries=settings.redeliveries,
            clock=lambda: datetime.now(UTC),
        )
        self.batches = BatchLifecycle(BatchStore(database, settings.max_open), self.lifecycle)

    def stop(self) -> None:
        self.store.close()

    def get_dependency(self, worker_ctx: Any) -> "JobsResources":  # noqa: ARG002
        return self


class JobsService:
    """Stores the records of jobs; other services do the work."""

    name = "jobs"

    resources = JobsResources()
    wake_relay = OutboxRelay()
    backlog_is_empty = Backlog()

    @rpc
    def accept(self, submission: Any) -> Any:
        """Store a ``JobSubmission`` and return its ``JobView``; it is on disk then."""
        submitted = wire.read(submission, JobSubmission)
        callback = self.resources.callbacks.read(submitted.callback)
        job = self._call(self.resources.lifecycle.accept, submitted, callback)
        self.wake_relay()
        return view(job)

    @rpc
    def accept_batch(self, submission: Any) -> Any:
        """Store the jobs of a ``BatchSubmission`` and return the ``BatchView``."""
        submitted = wire.read(submission, BatchSubmission)
        callbacks = [self.resources.callbacks.read(item.callback) for item in submitted.jobs]
        batch = self._call(self.resources.batches.accept, submitted, callbacks)
        self.wake_relay()
        return batch

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
            cancelled = self._call(self.resources.batches.cancel, requested.id, requested.client)
            self.wake_relay()
            return cancelled

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

    @event_handler("webhooks", "callback_attempted")
    def callback_attempted(self, event: Any) -> None:
        attempted = wire.read(event, CallbackAttempted)
        self._call(self.resources.callbacks.record, attempted)

    @event_handler("playlists", "job_started")
    def job_started(self, event: Any) -> None:
        self._record(event, JobStarted, JobState.RUNNING)

    @event_handler("playlists", "weather_observed")
    def weather_observed(self, event: Any) -> None:
        self._record(event, WeatherObserved, JobState.PARTIAL, weather="report")

    @event_handler("playlists", "playlist_composed")
    def playlist_composed(self, event: Any) -> None:
        fields = {"result": "suggestion", "weather": "report"}
        self._record(event, PlaylistComposed, JobState.COMPLETE, **fields)

    @event_handler("playlists", "playlist_failed")
    def playlist_failed(self, event: Any) -> None:
        self._record(event, PlaylistFailed, JobState.FAILED, failure="failure")

    @timer(interval=SWEEP_SECONDS)
    def sweep(self) -> None:
        """Expire overdue jobs, delete old records, and publish again what the broker has lost."""
        lifecycle = self.resources.lifecycle
        counts = self._call(lifecycle.sweep)
        stalled = self._call(lifecycle.stalled)
        if stalled and self.backlog_is_empty():
            counts["redelivered"] = self._call(lifecycle.redeliver, stalled)
        if any(counts.values()):
            _log.info("Swept jobs: %s", counts)
            self.wake_relay()

    def _changed(self, query: Any, change: Callable[[str, str], Job]) -> Any:
        requested = wire.read(query, JobQuery)
        job = self._call(change, requested.id, requested.client)
        self.wake_relay()
        return view(job)

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
        self.wake_relay()

    def _call(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in a native thread, where a lock of the store does not stop heartbeats."""
        try:
            result: T = tpool.execute(work, *args, **kwargs)
        except self.resources.store_errors as error:
            raise StoreUnavailable(f"The store of the jobs fails: {cause_of(error)}") from error
        return result
