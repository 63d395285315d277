"""A source behind its circuit breaker."""

import logging
import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from mare_services.contract.errors import (
    SourceLimited,
    SourceRefused,
    SourceTimedOut,
    SourceUnavailable,
)
from mare_services.upstream import failures, metrics
from mare_services.upstream.breaker import Breaker, Failure, Permission, TokenBucket
from mare_services.upstream.budget import Budget, Clock

Request = TypeVar("Request")
Answer = TypeVar("Answer")
Request_contra = TypeVar("Request_contra", contravariant=True)
Answer_co = TypeVar("Answer_co", covariant=True)

Spawn = Callable[[Callable[[], None]], object]
"""Runs a function in the background, for example ``eventlet.spawn_n``."""

TRIAL_BUDGET = 5.0
"""Seconds for a trial. No caller waits for it."""

_log = logging.getLogger(__name__)


class Source(Protocol[Request_contra, Answer_co]):
    """Responds to one kind of request with one upstream."""

    name: str

    def answer(self, request: Request_contra, budget: Budget, /) -> Answer_co:
        """Return the answer within the budget, or raise a ``SourceUnavailable``."""


class Guarded(Generic[Request, Answer]):
    """Calls a source unless its breaker is open. Safe for threads, green or not.

    Args:
        spawn: runs the trial while the breaker is open, so that no caller waits for it.
        rate: calls a second that the upstream gets, with bursts of ten times as many. Without it,
            one client could use up the limit of an upstream, which opens the breaker for all.
    """

    def __init__(
        self,
        source: Source[Request, Answer],
        *,
        spawn: Spawn,
        rate: float = math.inf,
        clock: Clock = time.monotonic,
    ) -> None:
        self.name = source.name
        self._source = source
        self._spawn = spawn
        self._clock = clock
        self._bucket = TokenBucket(rate, max(1.0, 10 * rate), clock())
        self._lock = threading.Lock()
        self._breaker = Breaker()
        self._reason = SourceUnavailable()
        metrics.OPEN.labels(self.name).set(0)

    def answer(self, request: Request, budget: Budget) -> Answer:
        permission = self._permission()
        if permission is Permission.CALL:
            self._take_token()
            return self._ask(request, budget, trial=False)
        if permission is Permission.TRY:
            self._spawn(lambda: self._try(request))
        metrics.CALLS.labels(self.name, "skipped").inc()
        raise self._remembered()

    def _take_token(self) -> None:
        with self._lock:
            seconds = self._bucket.take(self._clock())
        if seconds > 0:
            metrics.CALLS.labels(self.name, "throttled").inc()
            extra = {"source": self.name, "retry_after": seconds}
            raise SourceLimited(f"Too many calls to {self.name} in a short time.", extra)

    def _permission(self) -> Permission:
        with self._lock:
            now = self._clock()
            permission = self._breaker.permission(now)
            if permission is Permission.TRY:
                self._breaker.begin_trial(now)
            return permission

    def _try(self, request: Request) -> None:
        budget = Budget.of(TRIAL_BUDGET, self._clock)
        with suppress(SourceUnavailable):
            self._ask(request, budget, trial=True)

    def _ask(self, request: Request, budget: Budget, *, trial: bool) -> Answer:
        started = self._clock()
        try:
            answer = self._source.answer(request, budget)
        except SourceUnavailable as error:
            if failures.is_outage(error):
                self._failed(error, trial=trial)
            else:
                self._answered()
            raise
        except Exception as error:
            # The adapter does not know this format of the response.
            _log.exception("A source failed unexpectedly", extra={"source": self.name})
            failure = failures.unknown_format(self.name)
            self._failed(failure, trial=trial)
            raise failure from error
        finally:
            metrics.SECONDS.labels(self.name).observe(self._clock() - started)
        self._answered()
        return answer

    def _answered(self) -> None:
        metrics.CALLS.labels(self.name, "answered").inc()
        with self._lock:
            was_open = self._breaker.open_until is not None
            self._breaker.succeed()
        if was_open:
            metrics.OPEN.labels(self.name).set(0)
            _log.info("Closed a breaker", extra={"source": self.name})

    def _failed(self, error: SourceUnavailable, *, trial: bool) -> None:
        failure = _failure(error)
        metrics.CALLS.labels(self.name, failure).inc()
        retry_after = error.extra.get("retry_after")
        with self._lock:
            before = self._breaker.open_until
            self._breaker.fail(failure, self._clock(), trial=trial, retry_after=retry_after)
            after = self._breaker.open_until
            if after != before:
                self._reason = error
        if before is None and after is not None:
            metrics.OPEN.labels(self.name).set(1)
            # A setting has to be changed: waiting does not make the credentials valid.
            level = logging.ERROR if isinstance(error, SourceRefused) else logging.WARNING
            _log.log(level, "Opened a breaker", extra={"source": self.name, "reason": str(error)})

    def _remembered(self) -> SourceUnavailable:
        with self._lock:
            reason, until = self._reason, self._breaker.open_until
        extra = dict(reason.extra)
        if isinstance(reason, SourceLimited) and until is not None:
            extra["retry_after"] = max(0.0, until - self._clock())
        return type(reason)(reason.detail, extra)


_FAILURES: dict[type[SourceUnavailable], Failure] = {
    SourceRefused: Failure.REFUSED,
    SourceLimited: Failure.LIMITED,
    SourceTimedOut: Failure.TIMED_OUT,
}


def _failure(error: SourceUnavailable) -> Failure:
    if error.extra.get("unreachable"):
        return Failure.UNREACHABLE
    return _FAILURES.get(type(error), Failure.FAILED)
