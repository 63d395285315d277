"""The state that one decision hands to the next."""

from dataclasses import dataclass, replace

from mare.domain.behavior import Recommendation, ScaleEvent, remember, store_event
from mare.domain.estimates import Estimates, Learning, recall
from mare.domain.observation import Load
from mare.domain.policy import Behavior
from mare.domain.unknown import Unknown, known, total


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The state of one QueueAutoscaler: `begin` creates it, `decide` returns the next one."""

    learning: Learning
    recommendations: tuple[Recommendation, ...]
    last_active: float
    """When there was last a message."""
    quiet_since: float
    """Since when it is known that there is no message, ready or unacknowledged."""
    events: tuple[ScaleEvent, ...] = ()
    unknown_since: float | None = None
    """Since when no queue could be read."""
    quiet_samples: int = 0
    """Statistics in a row without any message, ready or unacknowledged."""
    quiet_at: float = 0.0
    """The time of the statistics that were counted last."""
    draining_since: float | None = None
    """Since when busy replicas delay a scale-down."""
    idle_counted_at: float = 0.0
    """The time of the statistics by which idle replicas were last removed."""

    @classmethod
    def begin(cls, now: float, replicas: int, estimates: Estimates | None = None) -> "History":
        """Start without history, except for stored estimates.

        The current count is the first recommendation and the current time counts as active, so
        that no scale-down happens before the windows are full.
        """
        return cls(
            learning=recall(estimates or Estimates()),
            recommendations=(Recommendation(now, replicas),),
            last_active=now,
            quiet_since=now,
        )

    def scaled(self, change: int, now: float, behavior: Behavior) -> "History":
        """Record a change that was carried out. A failed change is no scale event."""
        return replace(self, events=store_event(behavior, self.events, ScaleEvent(now, change)))

    def activated(self, replicas: int, now: float) -> "History":
        """Restart the windows: the step from idle is not subject to `behavior`."""
        return replace(
            self,
            recommendations=(Recommendation(now, replicas),),
            last_active=now,
            quiet_since=now,
        )

    def observe(self, load: Load, learning: Learning, now: float) -> "History":
        """Record whether there are messages, and since when no queue is known."""
        ready = load.as_far_as_known().ready
        if isinstance(ready, Unknown):
            return replace(
                self,
                learning=learning,
                quiet_samples=0,
                quiet_since=now,
                unknown_since=now if self.unknown_since is None else self.unknown_since,
            )
        running = known(load.unacknowledged, 0) > 0
        active = ready > 0 or running or _has_arrived(self.learning, learning)
        quiet = not active and not isinstance(total((load.ready, load.unacknowledged)), Unknown)
        statistics_at = known(load.statistics_at, 0.0)
        samples, counted_at = self.quiet_samples, self.quiet_at
        if not quiet:
            samples = 0
        elif statistics_at > counted_at:
            samples, counted_at = samples + 1, statistics_at
        return replace(
            self,
            learning=learning,
            unknown_since=None,
            last_active=now if active else self.last_active,
            quiet_since=self.quiet_since if quiet else now,
            quiet_samples=samples,
            quiet_at=counted_at,
        )

    def count_kept(self, replicas: int, now: float, behavior: Behavior) -> "History":
        """Record a count that no proposal decided.

        The scale-down windows and the cooldown restart. The last recommendation to scale up stays
        in force, so that a moment of unknown queues does not restart the scale-up window.
        """
        replicas = max(replicas, self.recommendations[-1].replicas)
        recommendations = remember(behavior, self.recommendations, Recommendation(now, replicas))
        return replace(self, recommendations=recommendations, quiet_since=now)


def _has_arrived(before: Learning, after: Learning) -> bool:
    """Return whether a message arrived since the last statistics, even if it is gone again."""
    counts = after.arrivals.counts
    return counts is not before.arrivals.counts and bool(counts) and counts[-1].messages > 0
