"""The log of an outage of the broker: few lines, however often a connection is tried."""

import time
from collections.abc import Callable
from logging import getLogger

_log = getLogger(__name__)

REPORT_SECONDS = 30.0


class OutageLog:
    """Logs each cause of an outage once for all connections and again every 30 s, and its end."""

    def __init__(self, address: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._address = address
        self._clock = clock
        self._since: float | None = None
        self._reported_at: dict[str, float] = {}

    def connection_failed(self, error: BaseException, *, trace: bool = False) -> None:
        """Log ``error``, with its ``trace`` if asked, unless the last 30 s have the same line."""
        now = self._clock()
        if self._since is None:
            self._since = now
        sentence = str(error) or type(error).__name__
        recent = {each: at for each, at in self._reported_at.items() if now - at < REPORT_SECONDS}
        self._reported_at = recent
        if sentence not in recent:
            recent[sentence] = now
            _log.warning(
                "Waiting for the broker at %s: %s",
                self._address,
                sentence,
                exc_info=error if trace else None,
            )

    def connected(self) -> None:
        if self._since is not None:
            seconds = self._clock() - self._since
            _log.info("Reached the broker at %s again after %.1f s", self._address, seconds)
        self._since = None
        self._reported_at = {}
