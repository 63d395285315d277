"""Slow work, which looks like messages that wait inside replicas, until there are more replicas."""

from dataclasses import dataclass, replace

_FEWER = 0.5
_AS_LONG = 0.75
"""Shares of the messages inside a replica, and of their stay, at which the stay is work."""
_SLOW_SECONDS = 300.0
"""For which it has to be so. After 6 stays only, 12 messages/s for one worker of 0.5 s and a
prefetch count of 250 took 52,039 instead of 39,697 replica-seconds in 90 minutes."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """The most messages inside a replica since messages wait there, and their stay then."""

    per_replica: float = 0.0
    stay: float = 0.0
    fewer_seconds: float = 0.0
    """How long less than half of them have been inside a replica."""

    def observe(self, per_replica: float, stay: float, seconds: float) -> "Crowd":
        if per_replica > self.per_replica:
            return Crowd(per_replica, stay)
        is_fewer = per_replica < _FEWER * self.per_replica
        return replace(self, fewer_seconds=self.fewer_seconds + seconds if is_fewer else 0.0)

    def is_slow_work(self, stay: float) -> bool:
        """Whether fewer messages stay as long: then they are at work all the time.

        Example: 10 messages inside a replica stay for 10 s, and stayed for 1 s an hour ago. More
        replicas are started. If 4 inside each still stay for 10 s, that is how long the work takes.
        If 9 of the 10 had waited, 4 would stay for 4 s, once those are finished that were delivered
        when there were 10. That takes minutes: first replicas keep what they have.
        """
        enough = max(_SLOW_SECONDS, 2 * stay)
        return self.fewer_seconds > enough and stay > _AS_LONG * self.stay
