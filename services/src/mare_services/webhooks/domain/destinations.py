"""Bounds of what is sent to one destination: concurrency, rate, circuit breaker."""

import math
from dataclasses import dataclass
from enum import StrEnum

from cachetools import LRUCache

from mare_services.contract.callback_urls import Destination
from mare_services.upstream.breaker import (
    LONGEST_OPENING,
    Breaker,
    Failure,
    Permission,
    TokenBucket,
)

REMEMBERED = 10_000
"""Destinations and URLs in memory, about 0.5 kB each. The least recently used are forgotten."""
SLOW_SECONDS = 5.0
SLOW_FOR = 120.0
"""Seconds. A host is fast if one of its attempts ended within `SLOW_SECONDS`, and none of the last
`SLOW_FOR` took longer."""


class Admission(StrEnum):
    SEND = "send"
    POSTPONE = "postpone"
    """As many callbacks to the host as allowed are being sent, or were sent lately."""
    SKIP = "skip"
    """Its breaker is open: count the attempt as failed, without sending."""


@dataclass(slots=True)
class _Host:
    """Token bucket and concurrency of one host and port, which is fast from a time on."""

    bucket: TokenBucket
    in_flight: int = 0
    fast_from: float = math.inf


@dataclass(frozen=True, slots=True)
class Passage:
    """A callback that is admitted; give it back with :meth:`Destinations.leave`."""

    admission: Admission
    host: _Host
    breaker: Breaker
    is_trial: bool = False
    is_fast: bool = True
    entered_at: float = 0.0


class Destinations:
    """Admits callbacks. The bounds count for a host and port, the breaker for a URL.

    Different clients share hosts, so the failing URL of one must not hold back those of the others.
    Hosts that are not fast get one callback at a time and share half of the workers: however many
    of them do not answer, the other half sends to the fast ones. Times are monotonic seconds.
    """

    def __init__(self, *, concurrency: int, rate: float, workers: int) -> None:
        self._concurrency = concurrency
        self._most_slow = max(1, workers // 2)
        self._slow_in_flight = 0
        self._rate = rate
        self._burst = max(1.0, rate)
        self._hosts: LRUCache[str, _Host] = LRUCache(REMEMBERED)
        self._breakers: LRUCache[int, Breaker] = LRUCache(REMEMBERED)

    def enter(self, destination: Destination, now: float) -> Passage:
        host = self._host(destination.origin, now)
        path = destination.target.partition("?")[0]
        key = hash(destination.origin + path)  # a URL can be 2 kB long
        # A new one is proven: otherwise one failure would open it.
        breaker = self._breakers.get(key) or Breaker(proven=True)
        self._breakers[key] = breaker
        permission = breaker.permission(now)
        if permission is Permission.REFRAIN:
            return Passage(Admission.SKIP, host, breaker)
        is_fast = now >= host.fast_from
        most = self._concurrency if is_fast else 1
        is_full = not is_fast and self._slow_in_flight >= self._most_slow
        if is_full or host.in_flight >= most or host.bucket.take(now) > 0:
            return Passage(Admission.POSTPONE, host, breaker)
        is_trial = permission is Permission.TRY
        if is_trial:
            breaker.begin_trial(now)
        host.in_flight += 1
        self._slow_in_flight += not is_fast
        return Passage(Admission.SEND, host, breaker, is_trial, is_fast, now)

    def leave(
        self,
        passage: Passage,
        now: float,
        failure: Failure | None,
        retry_after: float | None = None,
    ) -> None:
        host = passage.host
        host.in_flight -= 1
        self._slow_in_flight -= not passage.is_fast
        if now - passage.entered_at > SLOW_SECONDS:
            host.fast_from = now + SLOW_FOR
        elif host.fast_from == math.inf:
            host.fast_from = now
        if failure is None:
            passage.breaker.succeed()
        else:
            if retry_after is not None:
                # A day would use up all attempts of other jobs with this URL.
                retry_after = min(retry_after, LONGEST_OPENING)
            passage.breaker.fail(failure, now, trial=passage.is_trial, retry_after=retry_after)

    def _host(self, origin: str, now: float) -> _Host:
        host = self._hosts.get(origin) or _Host(TokenBucket(self._rate, self._burst, now))
        self._hosts[origin] = host
        return host
