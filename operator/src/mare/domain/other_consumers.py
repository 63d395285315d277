"""Consumers that are no replicas of the workload, such as a second Deployment on its queues.

What they acknowledge counts as work of the workload, so that its capacity is estimated wrongly. A
Pod has one address, whatever the number of its consumers. If there are more addresses than
replicas, other programs consume, unless replicas are being replaced or removed. Example: 7
addresses for 4 replicas are reported after 10 min and the grace period.

A burst adds replicas to two Deployments, from 4 each to 20. Until the new ones consume, 8 addresses
are no more than 20 replicas: that ends nothing. Soon there are 40.
"""

from dataclasses import dataclass, replace

_SECONDS = 600.0
"""How long a rolling update may add replicas: `progressDeadlineSeconds` of a Deployment."""
_START_SECONDS = 120.0
"""How long replicas can take until they consume; most do sooner."""
_LATE_SECONDS = 10.0
"""How long the statistics have an address of a replica that has ended."""


@dataclass(frozen=True, slots=True)
class OtherConsumers:
    since: float | None = None
    """Since when more addresses consume than the workload has replicas."""
    until: float | None = None
    """Since when there are no more; None while there are."""
    replicas: int = 0
    """The replicas when there were more addresses last, with those that may not have ended."""
    addresses: int = 0
    period: tuple[float, int, int] = (0.0, 0, 0)
    """When a period of the grace time began, and the most replicas in it and in the one before."""

    def observe(
        self, addresses: int, replicas: int, now: float, grace_seconds: int | None = None
    ) -> "OtherConsumers":
        """Return the state after one more reading."""
        period = _with(self.period, replicas, now, (grace_seconds or 0) + _LATE_SECONDS)
        most = max(period[1:])
        current = replace(self, period=period)
        if addresses > most:
            since = now if self.since is None else self.since
            current = OtherConsumers(since, None, most, addresses, period)
        elif self.until is not None and now - self.until >= _START_SECONDS:
            current = OtherConsumers(period=period)
        elif self.since is not None and self.until is None:
            current = replace(current, until=now)
        return self if current == self else current

    def are_there(self, now: float, grace_seconds: int | None) -> bool:
        """Return whether neither a rolling update nor ending replicas explain the addresses."""
        if self.since is None:
            return False
        last = now if self.until is None else self.until
        return last - self.since > _SECONDS + (grace_seconds or 0)


def _with(
    period: tuple[float, int, int], replicas: int, now: float, seconds: float
) -> tuple[float, int, int]:
    """Return the period with one more count: the two cover `seconds` at least, twice at most."""
    began, most, before = period
    if now - began <= seconds:
        return began, max(most, replicas), before
    return now, replicas, most if now - began <= 2 * seconds else 0
