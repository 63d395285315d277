"""Publishes that the work of a job has begun, where the work is not done at once."""

from collections.abc import Callable
from logging import getLogger

import eventlet

_log = getLogger(__name__)

REPORT_SECONDS = 1.0
"""Most jobs have their weather sooner. It says more than the start, which is left out then."""


class StartReport:
    """Calls `publish` at most once, by itself after `REPORT_SECONDS`."""

    def __init__(self, publish: Callable[[], None]) -> None:
        self._publish = publish
        self._is_due = True
        self._timer = eventlet.spawn_after(REPORT_SECONDS, self._publish_late)

    def publish(self) -> None:
        """Publish the start now, unless it is published or left out."""
        if self._is_due:
            self.leave_out()
            self._publish()

    def leave_out(self) -> None:
        """Publish no start any more: a later state is known."""
        self._is_due = False
        self._timer.cancel()

    def _publish_late(self) -> None:
        try:
            self.publish()
        except Exception as error:  # noqa: BLE001 - the work goes on, and publishes its result
            _log.warning("The start of a job cannot be published: %s", type(error).__name__)
