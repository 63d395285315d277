"""Reads whether the broker still has events of jobs that no consumer has received."""

from collections.abc import Callable

from nameko.extensions import DependencyProvider

from mare_nameko.service.consumer_counts import read_counts
from mare_nameko.service.retries import parking_name
from mare_services.contract.jobs import JOB_PARKING

QUEUES = (
    "evt-jobs-job_accepted--playlists.compose",
    "evt-playlists-job_started--jobs.job_started",
    "evt-playlists-weather_observed--jobs.weather_observed",
    "evt-playlists-playlist_composed--jobs.playlist_composed",
    "evt-playlists-playlist_failed--jobs.playlist_failed",
)
"""The queues of work and of its results, as Nameko names them. Failed events of these queues have
parking queues of their own: others are hardly ever empty while a receiver of callbacks is away."""

READ_SECONDS = 5.0


class Backlog(DependencyProvider):
    """Injects a function that returns whether all `QUEUES` and their parking queues are empty.

    After an outage of the store, the results of all jobs wait for their next delivery. The function
    opens a connection for each call: calls are rare, since few jobs stall.
    """

    def get_dependency(self, worker_ctx: object) -> Callable[[], bool]:  # noqa: ARG002
        return self._is_empty

    def _is_empty(self) -> bool:
        """Return False also if a queue cannot be read: it may have the event of a stalled job."""
        delays = self.container.settings.retry_seconds
        queues = (*QUEUES, *(parking_name(delay, JOB_PARKING) for delay in delays))
        counts = read_counts(self.container.broker, "backlog", queues, READ_SECONDS)
        return counts is not None and not any(messages for messages, _ in counts)
