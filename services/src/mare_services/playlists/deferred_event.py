"""An event that is left out if a later one says more soon enough."""

from collections.abc import Callable
from logging import getLogger

import eventlet

_log = getLogger(__name__)


class DeferredEvent:
    """Calls `publish` at most once, by itself after some seconds."""

    def __init__(self, publish: Callable[[], None], seconds: float) -> None:
        self._publish = publish
        self._is_due = True
        self._timer = eventlet.spawn_after(seconds, self._publish_late)

    def publish(self) -> None:
        """Publish the event now, unless it is published or left out."""
        if self._is_due:
            self.leave_out()
            self._publish()

    def leave_out(self) -> None:
        """Do not publish the event any more."""
        self._is_due = False
        self._timer.cancel()

    def _publish_late(self) -> None:
        try:
            self.publish()
        except Exception as error:  # noqa: BLE001 - the work goes on, and publishes its result
            _log.warning("An event of a job cannot be published: %s", type(error).__name__)
