"""A token bucket: a rate, and a burst above it."""

import threading

from mare_services.upstream.budget import Clock


class TokenBucket:
    """Holds up to ``burst`` tokens and gains ``rate`` of them a second; a call takes one."""

    def __init__(self, rate: float, burst: float, clock: Clock) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = burst
        self._counted_at = clock()

    def take(self) -> float:
        """Take a token and return 0, or return the seconds until there is one."""
        with self._lock:
            now = self._clock()
            gained = (now - self._counted_at) * self._rate
            self._tokens = min(self._burst, self._tokens + gained)
            self._counted_at = now
            if self._tokens < 1:
                return (1 - self._tokens) / self._rate
            self._tokens -= 1
            return 0.0
