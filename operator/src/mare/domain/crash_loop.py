"""Replicas that consume for some seconds and end again, as in a crash loop.

The first time, consumers count as a start: waiting would delay each start. If they are gone again
within 30 s, although no replica was removed, the next ones have to stay for 30 s. A scale-down
takes consumers away too, but with them the replicas. What ends consumers of long standing, such as
a failover of the broker, is no crash loop. Example: 3 of 4 replicas consume, and 10 s later none.
The next consumers count as started when 3 have consumed for 30 s.
"""

from dataclasses import dataclass

STARTED_SHARE = 0.75
"""Share of the replicas that have to consume. A single one that never starts stops nothing."""
_LEFT_SHARE = 0.5
"""Share below which the consumers have ended. Above it, one of three connects again."""
_STEADY_SECONDS = 30.0
"""How long consumers have to stay after others have ended, as ready replicas (`unready`)."""


@dataclass(frozen=True, slots=True)
class CrashLoop:
    since: float | None = None
    """Since when consumers of these replicas are there; None if there are too few."""
    replicas: int = 0
    """The replicas of which enough have consumed."""
    is_seen: bool = False
    """Whether consumers have ended soon after their start."""

    def observe(self, replicas: int, consuming: float, now: float) -> "CrashLoop":
        """Return the state after one more reading."""
        if replicas == 0:
            return self if self == _NOTHING else _NOTHING
        if consuming >= STARTED_SHARE * replicas:
            if self.since is None or replicas > self.replicas:
                return CrashLoop(now, replicas, self.is_seen)
            is_seen = self.is_seen and now - self.since < _STEADY_SECONDS
            if (replicas, is_seen) == (self.replicas, self.is_seen):
                return self
            return CrashLoop(self.since, replicas, is_seen)
        if self.since is None or consuming >= _LEFT_SHARE * min(replicas, self.replicas):
            return self
        has_ended = replicas >= self.replicas and now - self.since < _STEADY_SECONDS
        return CrashLoop(is_seen=self.is_seen or has_ended)


_NOTHING = CrashLoop()
