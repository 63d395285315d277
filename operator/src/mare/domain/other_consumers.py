"""Consumers that are no replicas of the workload, such as a second Deployment on its queues.

What they acknowledge counts as work of the workload, so that its capacity is estimated wrongly. A
Pod has one address, whatever the number of its consumers. If there are more addresses than
replicas, other programs consume, unless replicas are being replaced or removed. Example: 7
addresses for 4 replicas are reported after 10 min and the grace period.
"""

from dataclasses import dataclass

_SECONDS = 600.0
"""How long a rolling update may add replicas: `progressDeadlineSeconds` of a Deployment."""


@dataclass(frozen=True, slots=True)
class OtherConsumers:
    since: float | None = None
    """Since when more addresses consume than the workload has replicas."""
    replicas: int = 0
    """The most replicas since then."""
    addresses: int = 0

    def observe(self, addresses: int, replicas: int, now: float) -> "OtherConsumers":
        """Return the state after one more reading."""
        most = replicas if self.since is None else max(replicas, self.replicas)
        if addresses <= most:
            return self if self.since is None else OtherConsumers()
        if (addresses, most) == (self.addresses, self.replicas):
            return self
        return OtherConsumers(now if self.since is None else self.since, most, addresses)

    def are_there(self, now: float, grace_seconds: int | None) -> bool:
        """Return whether neither a rolling update nor ending replicas explain the addresses."""
        return self.since is not None and now - self.since > _SECONDS + (grace_seconds or 0)
