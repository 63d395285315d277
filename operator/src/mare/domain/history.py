"""What has to be remembered from one decision to the next."""

from dataclasses import dataclass, replace

from mare.domain.behavior import Recommendation, ScaleEvent, longest_period, remember
from mare.domain.estimates import Estimates, Learning, recall
from mare.domain.observation import Load
from mare.domain.policy import Behavior
from mare.domain.unknown import Unknown, known, total


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The memory of one QueueAutoscaler. Make one with `begin`, hand back what `decide` returns."""

    learning: Learning
    recommendations: tuple[Recommendation, ...]
    last_active: float
    """When there was last work to do."""
    quiet_since: float
    """Since when it is known that there is no message, ready or unacknowledged."""
    events: tuple[ScaleEvent, ...] = ()
    unknown_since: float | None = None
    """Since when nothing is known of any queue."""
    quiet_sightings: int = 0
    """Statistics in a row without any message, ready or unacknowledged."""
    quiet_at: float = 0.0
    """The statistics that were counted last."""
    shrinking_since: float | None = None
    """Since when busy replicas keep the workload from shrinking."""
    spared_at: float = 0.0
    """The statistics by which idle replicas were last chosen to go."""

    @classmethod
    def begin(cls, now: float, replicas: int, estimates: Estimates | None = None) -> "History":
        """Start with no more than what a former operator learnt.

        The present count is the first recommendation and the present moment counts as active, so
        that nothing shrinks before the windows have refilled.
        """
        return cls(
            learning=recall(estimates or Estimates()),
            recommendations=(Recommendation(now, replicas),),
            last_active=now,
            quiet_since=now,
        )

    def scaled(self, change: int, now: float, behavior: Behavior) -> "History":
        """Remember a change that was carried out; one that failed is not an event."""
        cutoff = now - longest_period(behavior)
        kept = tuple(event for event in self.events if event.time > cutoff)
        return replace(self, events=(*kept, ScaleEvent(now, change)))

    def woken(self, replicas: int, now: float) -> "History":
        """Begin the windows anew: the step from rest is outside of behavior."""
        return replace(
            self,
            recommendations=(Recommendation(now, replicas),),
            last_active=now,
            quiet_since=now,
        )

    def held(self, replicas: int, now: float, behavior: Behavior) -> "History":
        """Remember that the count was kept without a look at the queues.

        The windows for shrinking and the cooldown begin anew. A wish to grow is taken to stand, so
        that a moment without knowledge does not put it off.
        """
        replicas = max(replicas, self.recommendations[-1].replicas)
        held = remember(behavior, self.recommendations, Recommendation(now, replicas))
        return replace(self, recommendations=held, quiet_since=now)


def look(history: History, load: Load, learning: Learning, now: float) -> History:
    """Note whether there is work, and since when nothing is known."""
    ready = load.as_far_as_known().ready
    if isinstance(ready, Unknown):
        return replace(
            history,
            learning=learning,
            quiet_sightings=0,
            quiet_since=now,
            unknown_since=now if history.unknown_since is None else history.unknown_since,
        )
    running = known(load.unacknowledged, 0) > 0
    active = ready > 0 or running or _has_arrived(history.learning, learning)
    quiet = not active and not isinstance(total((load.ready, load.unacknowledged)), Unknown)
    statistics_at = known(load.statistics_at, 0.0)
    sightings, seen_at = history.quiet_sightings, history.quiet_at
    if not quiet:
        sightings = 0
    elif statistics_at > seen_at:
        sightings, seen_at = sightings + 1, statistics_at
    return replace(
        history,
        learning=learning,
        unknown_since=None,
        last_active=now if active else history.last_active,
        quiet_since=history.quiet_since if quiet else now,
        quiet_sightings=sightings,
        quiet_at=seen_at,
    )


def _has_arrived(before: Learning, after: Learning) -> bool:
    """Whether new statistics tell of a message that came, and perhaps went, between two looks."""
    counts = after.arrivals.counts
    return counts is not before.arrivals.counts and bool(counts) and counts[-1].messages > 0
