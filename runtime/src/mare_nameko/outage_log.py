"""The log of an outage, of a broker or a database: few lines, however often it is tried."""

import time
from collections.abc import Callable
from logging import getLogger

_log = getLogger(__name__)

REPORT_SECONDS = 30.0


class OutageLog:
    """Logs each cause of an outage once for all connections and again every 30 s, and its end.

    `server` is the subject of the lines, for example "the broker at amqp://rabbitmq".
    """

    def __init__(self, server: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._server = server
        self._clock = clock
        self._since: float | None = None
        self._reported_at: dict[str, float] = {}

    def connection_failed(self, error: BaseException, *, trace: bool = False) -> None:
        """Log ``error``, with its ``trace`` if asked, unless the last 30 s have the same line."""
        now = self._clock()
        if self._since is None:
            self._since = now
        sentence = cause_of(error)
        recent = {each: at for each, at in self._reported_at.items() if now - at < REPORT_SECONDS}
        self._reported_at = recent
        if sentence not in recent:
            recent[sentence] = now
            cause = error if trace else None
            _log.warning("Waiting for %s: %s", self._server, sentence, exc_info=cause)

    def connected(self) -> None:
        if self._since is not None:
            seconds = self._clock() - self._since
            _log.info("Reached %s again after %.1f s", self._server, seconds)
        self._since = None
        self._reported_at = {}


def cause_of(error: BaseException) -> str:
    """Return the text of an error on one line, or else its type."""
    return " ".join(str(error).split()) or type(error).__name__
