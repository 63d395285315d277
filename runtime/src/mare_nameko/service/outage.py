"""Says that the broker is away: at once, then every few seconds, and when it is back."""

import time
from collections.abc import Callable
from logging import getLogger

_log = getLogger(__name__)

QUIET_SECONDS = 5.0


class OutageLog:
    """Shared by the connections of a process, so that one outage is told as one."""

    def __init__(self, address: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._address = address
        self._clock = clock
        self._since: float | None = None
        self._told = float("-inf")

    def connection_failed(self, error: BaseException) -> None:
        """Note that a connection was lost or could not be made."""
        now = self._clock()
        if self._since is None:
            self._since = now
        if now - self._told >= QUIET_SECONDS:
            self._told = now
            _log.warning("Waiting for the broker at %s: %s", self._address, _sentence(error))

    def connected(self) -> None:
        """Note that we are connected."""
        if self._since is not None:
            seconds = self._clock() - self._since
            _log.info("Reached the broker at %s again after %.1f s", self._address, seconds)
        self._since = None
        self._told = float("-inf")


def _sentence(error: BaseException) -> str:
    return str(error) or type(error).__name__
