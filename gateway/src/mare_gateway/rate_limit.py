"""Rate limits of clients: of an API key, else of an address."""

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from mare_gateway.clients import Client
from mare_gateway.problems import Problem
from mare_gateway.settings import ClientSettings

log = logging.getLogger(__name__)

STORAGE_SECONDS = 0.5
PAUSE_SECONDS = 5.0
"""After a failure of the shared storage each worker process counts for itself for so long."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request is within the limits, and what is left of the tightest one."""

    allowed: bool
    policy: str
    limits: tuple[RateLimitItem, ...]
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """Return the RateLimit fields (draft-ietf-httpapi-ratelimit-headers-10)."""
        policies = (
            f'"{self.policy}";q={each.amount};w={each.get_expiry()}' for each in self.limits
        )
        return {
            "RateLimit-Policy": ", ".join(policies),
            "RateLimit": f'"{self.policy}";r={self.remaining};t={self.reset}',
        }

    def problem(self, cost: int = 1) -> Problem:
        origin = "with this API key" if self.policy == "key" else "from your address"
        batch = f"A batch of {cost} jobs counts as {cost} requests"
        most = min(each.amount for each in self.limits)
        if cost > most:
            return Problem(
                status=400,
                code="batch_too_large",
                detail=f"{batch}, and the limit {origin} is {most}."
                f" Send at most {most} in a batch.",
                headers=self.headers(),
            )
        return Problem(
            status=429,
            code="too_many_requests",
            detail=f"Too many requests {origin}. Try again later.{f' {batch}.' * (cost > 1)}",
            retry_after=self.reset,
            headers=self.headers(),
        )


class RateLimiter:
    """Counts requests in a shared storage, or in this process while that fails."""

    def __init__(self, settings: ClientSettings) -> None:
        self._of_addresses = _limits(settings.rate_limit)
        self._of_keys = _limits(settings.key_rate_limit)
        uri = str(settings.rate_limit_storage)
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = (
            self._own
            if uri == "memory://"
            else SlidingWindowCounterRateLimiter(storage_from_string(uri, **_options(uri)))
        )
        self._lock = threading.Lock()
        self._shared_again_at = 0.0

    def hit(self, client: Client, cost: int = 1) -> Verdict | None:
        """Count ``cost`` requests, or none; return None if there is no limit for the client."""
        limits = self._of_keys if client.name else self._of_addresses
        if not limits:
            return None
        if time.monotonic() >= self._shared_again_at:
            try:
                return _hit(self._shared, limits, client, cost)
            except Exception as error:  # noqa: BLE001  each storage has errors of its own
                with self._lock:
                    self._shared_again_at = time.monotonic() + PAUSE_SECONDS
                log.warning("Rate limits are counted in this process: %s", type(error).__name__)
        return _hit(self._own, limits, client, cost)

    def count_anonymous(self, address: str) -> dict[str, str] | None:
        """Count a request without a key; return its headers, or None if it is beyond the limits."""
        client = Client(name="", address=address, scopes=frozenset())
        verdict = self.hit(client)
        if verdict is None:
            return {}
        return verdict.headers() if verdict.allowed else None


def _hit(
    limiter: SlidingWindowCounterRateLimiter,
    limits: tuple[RateLimitItem, ...],
    client: Client,
    cost: int,
) -> Verdict:
    # A refused batch must not use up the shorter limits, which are counted first.
    allowed = (
        cost == 1 or all(limiter.test(each, client.rate_key, cost=cost) for each in limits)
    ) and all(limiter.hit(each, client.rate_key, cost=cost) for each in limits)
    stats = [limiter.get_window_stats(each, client.rate_key) for each in limits]
    tightest = min(stats, key=lambda each: (each.remaining, -each.reset_time))
    return Verdict(
        allowed=allowed,
        policy="key" if client.name else "address",
        limits=limits,
        remaining=max(0, tightest.remaining),
        reset=max(1, round(tightest.reset_time - time.time())),
    )


def _limits(text: str) -> tuple[RateLimitItem, ...]:
    """Return the limits, shortest first: requests that it refuses do not count for the longer."""
    return tuple(sorted(parse_many(text), key=RateLimitItem.get_expiry)) if text else ()


def _options(uri: str) -> dict[str, Any]:
    if not uri.startswith("redis"):
        return {}
    from redis.backoff import NoBackoff  # noqa: PLC0415  only with a shared storage
    from redis.retry import Retry  # noqa: PLC0415

    # The defaults of redis-py, 3 attempts of 10 s, would delay each request by 30 s.
    return {
        "socket_connect_timeout": STORAGE_SECONDS,
        "socket_timeout": STORAGE_SECONDS,
        "retry": Retry(NoBackoff(), 1),
    }
