"""When to leave a broken upstream alone: the pure core of a circuit breaker.

Closed, every call passes. Open, none does until ``open_until``; then one trial may find out whether
the upstream is back, and whoever asks in the meantime is refused as before.

What opens it depends on how hopeless the failure is. Unreachable, refused or rate-limited: at once.
Anything else: after three failures in a row, but at once if the upstream has never answered since
the start, because a machine without internet must not spend its time on one time-out after another.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

PATIENCE = 3
"""Failures in a row that a proven upstream may have."""

FIRST_OPENING = 5.0
LONGEST_OPENING = 300.0
"""Seconds; each opening in a row doubles the time from the first to the longest."""

UNSAID_LIMIT = 60.0
"""Seconds to stay away from an upstream that limits our rate and does not say for how long."""

TRIAL_SECONDS = 10.0
"""A trial that has not reported by then is given up, and the next one may start."""


class Failure(StrEnum):
    """How a call failed, as far as the breaker cares."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    LIMITED = "limited"
    TIMED_OUT = "timed-out"
    FAILED = "failed"


class Permission(StrEnum):
    """What a caller may do now."""

    CALL = "call"
    TRY = "try"
    REFRAIN = "refrain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """The memory of one upstream.

    Attributes:
        proven: the upstream has answered at least once.
        failures: in a row.
        openings: in a row, without an answer in between.
        open_until: seconds on the caller's clock; ``None`` while closed.
    """

    proven: bool = False
    failures: int = 0
    openings: int = 0
    open_until: float | None = None


def permission(breaker: Breaker, now: float) -> Permission:
    """Return what a caller may do at ``now``."""
    if breaker.open_until is None:
        return Permission.CALL
    return Permission.REFRAIN if now < breaker.open_until else Permission.TRY


def trying(breaker: Breaker, now: float) -> Breaker:
    """Return the breaker with a trial under way, so that nobody starts a second one."""
    return replace(breaker, open_until=now + TRIAL_SECONDS)


def answered() -> Breaker:
    """Return the breaker after an answer: all is forgiven."""
    return Breaker(proven=True)


def failed(
    breaker: Breaker, failure: Failure, now: float, *, trial: bool, retry_after: float | None = None
) -> Breaker:
    """Return the breaker after a failure at ``now``.

    Calls that started before the breaker opened may fail after it; unlike a failed ``trial`` they
    prolong nothing. ``retry_after`` is the time in seconds that the upstream asks us to stay away.
    """
    opening = _opening(breaker.openings, failure, retry_after)
    if breaker.open_until is not None and not trial:
        if failure is not Failure.LIMITED:
            return breaker
        return replace(breaker, open_until=max(breaker.open_until, now + opening))
    failures = breaker.failures + 1
    is_gradual = failure in {Failure.TIMED_OUT, Failure.FAILED}
    if is_gradual and breaker.proven and not trial and failures < PATIENCE:
        return replace(breaker, failures=failures)
    return replace(
        breaker,
        failures=failures,
        openings=breaker.openings + 1,
        open_until=now + opening,
    )


def _opening(earlier: int, failure: Failure, retry_after: float | None) -> float:
    if failure is Failure.LIMITED:
        return UNSAID_LIMIT if retry_after is None else max(retry_after, 1.0)
    if failure is Failure.REFUSED:
        return LONGEST_OPENING
    return min(FIRST_OPENING * 2.0 ** min(earlier, 16), LONGEST_OPENING)
