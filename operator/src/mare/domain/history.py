"""What has to be remembered from one decision to the next."""

from dataclasses import dataclass, replace

from mare.domain.behavior import Recommendation, ScaleEvent, longest_period
from mare.domain.estimates import Estimates, Learning, recall
from mare.domain.observation import Load
from mare.domain.policy import Behavior
from mare.domain.unknown import Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The memory of one QueueAutoscaler. Make one with `begin`, hand back what `decide` returns."""

    learning: Learning
    recommendations: tuple[Recommendation, ...]
    last_active: float
    """When there was last work to do."""
    events: tuple[ScaleEvent, ...] = ()
    unknown_since: float | None = None
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
        )

    def scaled(self, change: int, now: float, behavior: Behavior) -> "History":
        """Remember a change that was carried out; one that failed is not an event."""
        cutoff = now - longest_period(behavior)
        kept = tuple(event for event in self.events if event.time > cutoff)
        return replace(self, events=(*kept, ScaleEvent(now, change)))

    def woken(self, replicas: int, now: float) -> "History":
        """Begin the windows anew: the step from rest is outside of behavior."""
        return replace(self, recommendations=(Recommendation(now, replicas),), last_active=now)


def look(history: History, load: Load, learning: Learning, now: float) -> History:
    """Note whether there is work, and since when nothing is known."""
    if isinstance(load.ready, Unknown):
        return replace(
            history,
            learning=learning,
            quiet_sightings=0,
            unknown_since=now if history.unknown_since is None else history.unknown_since,
        )
    arrived = _has_arrived(history.learning, learning)
    running = not isinstance(load.unacknowledged, Unknown) and load.unacknowledged > 0
    active = load.ready > 0 or running or arrived
    sightings, seen_at = history.quiet_sightings, history.quiet_at
    if isinstance(load.statistics_at, Unknown) or active:
        sightings = 0
    elif load.statistics_at > seen_at:
        sightings, seen_at = sightings + 1, load.statistics_at
    return replace(
        history,
        learning=learning,
        unknown_since=None,
        last_active=now if active else history.last_active,
        quiet_sightings=sightings,
        quiet_at=seen_at,
    )


def _has_arrived(before: Learning, after: Learning) -> bool:
    """Whether new statistics tell of a message that came, and perhaps went, between two looks."""
    counts = after.arrivals.counts
    return counts is not before.arrivals.counts and bool(counts) and counts[-1].messages > 0
