"""Logs of what may happen thousands of times: few lines, however often it does."""

import time
from collections import Counter
from collections.abc import Callable
from logging import Logger, getLogger

from amqp.exceptions import AccessRefused

_log = getLogger(__name__)

REPORT_SECONDS = 30.0


class BoundedWarnings:
    """Logs each warning once in 30 s, with the number of those that were left out before.

    Warnings with the same message are the same warning, whatever its arguments.
    """

    def __init__(self, log: Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._quiet_until: dict[str, float] = {}
        self._omitted: Counter[str] = Counter()

    def warn(self, message: str, *args: object) -> None:
        now = self._clock()
        if now < self._quiet_until.get(message, now):
            self._omitted[message] += 1
            return
        self._quiet_until[message] = now + REPORT_SECONDS
        if omitted := self._omitted.pop(message, 0):
            self._log.warning(f"{message} (and %d times before)", *args, omitted)
        else:
            self._log.warning(message, *args)


class OutageLog:
    """Logs each cause of an outage once for all connections and again every 30 s, and its end.

    `server` is the subject of the lines, for example "the broker at amqp://rabbitmq".
    """

    def __init__(self, server: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._server = server
        self._clock = clock
        self._since: float | None = None
        self._refused_since: float | None = None
        self._reported_at: dict[str, float] = {}

    @property
    def refused_seconds(self) -> float:
        """Seconds in which each attempt was refused for user or password, up to the last one."""
        return 0.0 if self._refused_since is None else self._clock() - self._refused_since

    def connection_failed(self, error: BaseException, *, trace: bool = False) -> None:
        """Log ``error``, with its ``trace`` if asked, unless the last 30 s have the same line."""
        now = self._clock()
        if self._since is None:
            self._since = now
        if not _is_refused_login(error):
            self._refused_since = None
        elif self._refused_since is None:
            self._refused_since = now
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
        self._since = self._refused_since = None
        self._reported_at = {}


def _is_refused_login(error: BaseException) -> bool:
    # A user without a permission gets the same code for a method, as "Queue.declare".
    return isinstance(error, AccessRefused) and not error.method_name


def cause_of(error: BaseException) -> str:
    """Return the text of an error on one line, or else its type."""
    return " ".join(str(error).split()) or type(error).__name__
