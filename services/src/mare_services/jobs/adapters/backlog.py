"""Whether events of jobs wait at the broker."""

from collections.abc import Callable
from logging import getLogger

import eventlet
from nameko.extensions import DependencyProvider

from mare_nameko.service.connections import BROKER_ERRORS, close_quietly, open_once

_log = getLogger(__name__)

QUEUES = (
    "evt-jobs-job_accepted--playlists.compose",
    "evt-playlists-job_started--jobs.job_started",
    "evt-playlists-weather_observed--jobs.weather_observed",
    "evt-playlists-playlist_composed--jobs.playlist_composed",
    "evt-playlists-playlist_failed--jobs.playlist_failed",
)
"""The queues of work and of its results, as Nameko names them."""

READ_SECONDS = 5.0


class Backlog(DependencyProvider):
    """Injects a function that returns whether all `QUEUES` are empty.

    It opens a connection each time: there are seldom jobs for which it matters.
    """

    def get_dependency(self, worker_ctx: object) -> Callable[[], bool]:  # noqa: ARG002
        return self._is_empty

    def _is_empty(self) -> bool:
        """Return False also if a queue cannot be read: it may hold what is looked for."""
        connection = self.container.broker.connection("backlog")
        try:
            with eventlet.Timeout(READ_SECONDS, TimeoutError("no count in time")):
                open_once(connection)
                with connection.channel() as channel:
                    declared = (channel.queue_declare(name, passive=True) for name in QUEUES)
                    return not any(each.message_count for each in declared)
        except BROKER_ERRORS as error:
            _log.debug("Cannot read the queues of jobs: %s", error)
            return False
        finally:
            close_quietly(connection)
