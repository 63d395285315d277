"""Replicas that have not been ready for minutes, by the counts that the workload reports."""

from dataclasses import dataclass, replace

from mare.domain.unknown import Unknown

UNREADY_SECONDS = 300.0
"""How long replicas may take to become ready: an image of 1 GB or a new node takes 1 to 3 min."""
_STEADY_SECONDS = 30.0
"""How long replicas have to stay ready. A container that ends at once, without a readiness probe,
is ready for a second in each attempt of its crash loop."""
_READY_SHARE = 0.75
"""Share that has to be ready: a rolling update replaces a quarter at a time (maxUnavailable).
A StatefulSet of 2 or 3 replaces one at a time; between two of them all are ready for a moment."""
_STORED_SECONDS = 60.0
"""Age from which on a new leader continues: most replicas are ready before it."""


@dataclass(frozen=True, slots=True)
class UnreadyReplicas:
    """Observes one set of replicas at a time: the replicas that are requested when it begins.

    Replicas that are added meanwhile are observed after it, and are no reason to begin again.
    Example: 5 of 8 replicas are ready for 300 s. 6 would be enough, so that 3 are reported.
    """

    since: float | None = None
    """Since when too few of the set are ready; None if nothing is observed."""
    expected: int = 0
    """The replicas of the set."""
    ready: int = 0
    """The ready replicas, when they were too few last."""
    steady_since: float | None = None
    """Since when enough of the set are ready."""

    def observe(self, replicas: int, ready: int | Unknown, now: float) -> "UnreadyReplicas":
        """Return the replicas after one more reading of the workload."""
        if isinstance(ready, Unknown) or (self.since is None and _are_enough(ready, replicas)):
            return self if self.since is None else UnreadyReplicas()
        if self.since is None:
            return UnreadyReplicas(since=now, expected=replicas, ready=ready)
        expected = min(self.expected, replicas)
        if not _are_enough(ready, expected):
            return self._with(expected, ready, None)
        if expected - self.ready == 1 and expected > 1 and ready >= expected:
            return UnreadyReplicas().observe(replicas, ready, now)
        steady_since = now if self.steady_since is None else self.steady_since
        if now - steady_since < _STEADY_SECONDS:
            return self._with(expected, self.ready, steady_since)
        return UnreadyReplicas().observe(replicas, ready, now)

    def _with(self, expected: int, ready: int, steady_since: float | None) -> "UnreadyReplicas":
        if (expected, ready, steady_since) == (self.expected, self.ready, self.steady_since):
            return self
        return replace(self, expected=expected, ready=ready, steady_since=steady_since)

    def stored(self, now: float) -> "UnreadyReplicas | None":
        """Return what the next leader continues; None if it has to begin again."""
        return None if self.seconds(now) < _STORED_SECONDS else self

    def at_start(self, now: float) -> "UnreadyReplicas":
        """Return what a leader that starts now continues."""
        return self if self.since is None else replace(self, since=min(self.since, now))

    def seconds(self, now: float) -> float:
        """Return for how long too few of the set are ready."""
        return 0.0 if self.since is None else now - self.since

    def count(self, now: float) -> int:
        """Return how many replicas have not been ready for `UNREADY_SECONDS`."""
        if self.seconds(now) < UNREADY_SECONDS:
            return 0
        return max(0, self.expected - self.ready)


def _are_enough(ready: int, replicas: int) -> bool:
    return ready >= _READY_SHARE * replicas
