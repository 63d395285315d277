"""The states of a circuit breaker and of a token bucket, without clock or lock.

While a breaker is closed, every call passes. While it is open, no call passes until ``open_until``;
then one trial checks the upstream, and other calls are still refused.

It opens at once if the upstream is unreachable, rejects the credentials or limits the rate. It
opens after three other failures in a row, but after the first one if the upstream has never
responded: a machine without internet should not wait for one timeout after another.
"""

from dataclasses import dataclass, field
from enum import StrEnum

MAX_FAILURES = 3
"""Failures in a row that open the breaker of an upstream that has responded before."""

FIRST_OPENING = 5.0
LONGEST_OPENING = 300.0
"""Seconds. The time doubles with each opening in a row."""

DEFAULT_RETRY_AFTER = 60.0
"""Seconds, if an upstream limits the rate without a Retry-After header."""

TRIAL_SECONDS = 10.0
"""After this time another trial may start."""


class Failure(StrEnum):
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    LIMITED = "limited"
    TIMED_OUT = "timed-out"
    FAILED = "failed"


@dataclass(slots=True)
class TokenBucket:
    """Holds up to ``burst`` tokens and gains ``rate`` of them a second; a call takes one."""

    rate: float
    burst: float
    filled_at: float
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def take(self, now: float) -> float:
        """Take a token and return 0, or return the seconds until there is one."""
        self.tokens = min(self.burst, self.tokens + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.tokens < 1:
            return (1 - self.tokens) / self.rate
        self.tokens -= 1
        return 0.0


class Permission(StrEnum):
    """What a caller may do: call, run the trial, or not call."""

    CALL = "call"
    TRY = "try"
    REFRAIN = "refrain"


@dataclass(slots=True, kw_only=True)
class Breaker:
    """The state of one upstream.

    Attributes:
        proven: the upstream has responded at least once.
        failures: in a row.
        openings: in a row, without a response in between.
        open_until: seconds on the caller's clock; ``None`` while closed.
    """

    proven: bool = False
    failures: int = 0
    openings: int = 0
    open_until: float | None = None

    def permission(self, now: float) -> Permission:
        """Return what a caller may do at ``now``."""
        if self.open_until is None:
            return Permission.CALL
        return Permission.REFRAIN if now < self.open_until else Permission.TRY

    def begin_trial(self, now: float) -> None:
        self.open_until = now + TRIAL_SECONDS

    def succeed(self) -> None:
        self.proven = True
        self.failures = self.openings = 0
        self.open_until = None

    def fail(
        self, failure: Failure, now: float, *, trial: bool, retry_after: float | None = None
    ) -> None:
        """Count a failure at ``now``, and open if it is one too many.

        A call that started before the breaker opened may fail later. Unlike a failed ``trial`` it
        does not prolong the opening. ``retry_after`` is the header of the upstream, in seconds.
        """
        opening = _opening(self.openings, failure, retry_after)
        if self.open_until is not None and not trial:
            if failure is Failure.LIMITED:
                self.open_until = max(self.open_until, now + opening)
            return
        self.failures += 1
        is_gradual = failure in {Failure.TIMED_OUT, Failure.FAILED}
        if is_gradual and self.proven and not trial and self.failures < MAX_FAILURES:
            return
        self.openings += 1
        self.open_until = now + opening


def _opening(earlier: int, failure: Failure, retry_after: float | None) -> float:
    if failure is Failure.LIMITED:
        return DEFAULT_RETRY_AFTER if retry_after is None else max(retry_after, 1.0)
    if failure is Failure.REFUSED:
        return LONGEST_OPENING
    return min(FIRST_OPENING * 2.0 ** min(earlier, 16), LONGEST_OPENING)
