"""The state that one decision hands to the next."""

from dataclasses import dataclass, field, replace

from mare.domain.behavior import Recommendation, remember
from mare.domain.cooldown import Cooldown
from mare.domain.early_acknowledgement import EarlyAcknowledgement
from mare.domain.estimates import Estimates
from mare.domain.forecast import TideTable
from mare.domain.held_messages import HeldMessages
from mare.domain.learning import Learning, recall
from mare.domain.observation import Load, QueueKey
from mare.domain.redeliveries import Redeliveries
from mare.domain.scale_events import MOST_STORED, ScaleEvent, needed_events, store_event
from mare.domain.spec import Behavior, ScalingSpec
from mare.domain.surges import Surge, Surges
from mare.domain.timers import Timers
from mare.domain.unknown import Unknown, known, total
from mare.domain.unready import UnreadyReplicas

_QUIET_SAMPLES = 2
"""Statistics in a row without a message, sampled after the last change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The state of one QueueAutoscaler: `begin` creates it, `decide` returns the next one."""

    learning: Learning
    recommendations: tuple[Recommendation, ...]
    last_active: float
    """When a queue last had a message, or a message arrived."""
    cooldown: Cooldown
    events: tuple[ScaleEvent, ...] = ()
    unknown_since: float | None = None
    """Since when no queue could be read."""
    queues_changed_at: float
    """When a reading last had ready messages, or other consumers or counters than before."""
    last_ready_at: float
    """When a message was last ready. Every consumer had a message then."""
    consumers_and_counters: int = 0
    """A hash of the values that were read last."""
    quiet_samples: int = 0
    """Statistics in a row, sampled after `queues_changed_at`, without a message."""
    quiet_sampled_after: float = 0.0
    """`sampled_after` of the statistics that were counted last."""
    spec_allowed_zero: bool = False
    """Whether the spec allows or allowed the present count of 0; else another client set it."""
    early_acknowledgement: EarlyAcknowledgement = field(default_factory=EarlyAcknowledgement)
    held_messages: HeldMessages = field(default_factory=HeldMessages)
    consumed: frozenset[QueueKey] = frozenset()
    """The keys of the queues that have had a consumer or a delivery."""
    redeliveries: Redeliveries = field(default_factory=Redeliveries)
    tides: TideTable = field(default_factory=TideTable)
    unready: UnreadyReplicas = field(default_factory=UnreadyReplicas)
    draining_since: float | None = None
    """Since when busy replicas delay a scale-down."""
    scaled_down_at: float = 0.0
    """When replicas were last removed, which statistics of before that still count as idle."""

    @property
    def quiet_since(self) -> float:
        """When the cooldown began."""
        return self.cooldown.began

    @property
    def is_quiet_confirmed(self) -> bool:
        """Whether two statistics updates, sampled after the last change, show no message."""
        return self.quiet_samples >= _QUIET_SAMPLES

    @property
    def draining_is_quiet(self) -> bool:
        """Whether a scale-down that waits for busy replicas finds no message in any queue."""
        return self.draining_since is not None and self.is_quiet_confirmed

    def longest_service_or_hold(self, limit: float, now: float) -> float | Unknown:
        """Return the service time, or how long a message was held if that exceeds a limit."""
        measured, held = self.learning.estimates.service_seconds, self.held_messages.longest(now)
        return max(held, known(measured, 0.0)) if held > limit else measured

    @classmethod
    def begin(
        cls,
        now: float,
        replicas: int,
        estimates: Estimates | None = None,
        surges: tuple[Surge, ...] = (),
        timers: Timers | None = None,
    ) -> "History":
        """Start without history, except for stored estimates, surges and timers (`at_start`).

        The current count is the first recommendation, and the cooldown begins now, so that no
        scale-down happens before the windows are full.
        """
        timers = timers or Timers()
        return cls(
            learning=recall(estimates or Estimates(), timers.starting),
            recommendations=(Recommendation(now, replicas),),
            last_active=now if timers.last_active is None else timers.last_active,
            cooldown=Cooldown(now, before=timers.cooldown),
            queues_changed_at=now,
            last_ready_at=now,
            tides=TideTable(surges=Surges(past=surges)),
            unknown_since=timers.unknown_since,
            events=timers.events,
            unready=timers.unready,
            spec_allowed_zero=replicas == 0 and timers.allowed_zero,
        )

    def timers(self, spec: ScalingSpec, now: float) -> Timers:
        """Return what the next leader continues, if this one ends now."""
        return Timers(
            unknown_since=self.unknown_since,
            cooldown=self.cooldown.stored,
            events=needed_events(spec.behavior, self.events, now, MOST_STORED),
            starting=self.learning.backlog.stored,
            unready=self.unready.stored(now) or UnreadyReplicas(),
        )

    def stored_periods(self, now: float) -> tuple[int, bool]:
        """Return a value that changes when the next leader needs newer times.

        Of replicas that do not start: what counts from a change of them is stored with the change.
        """
        return self.learning.backlog.stored_periods, self.unready.stored(now) is not None

    def record_scaling(
        self, change: int, now: float, behavior: Behavior, *, earliest: float | None = None
    ) -> "History":
        """Record that replicas were added or removed. A failed change is no scale event."""
        events = store_event(behavior, self.events, ScaleEvent(now, change, earliest))
        scaled_down_at = now if change < 0 else self.scaled_down_at
        return replace(self, events=events, scaled_down_at=scaled_down_at)

    def end_draining(self) -> "History":
        """Forget since when busy replicas delay a scale-down."""
        return self if self.draining_since is None else replace(self, draining_since=None)

    def record_activation(self, replicas: int, now: float) -> "History":
        """Restart the windows: the step from idle is not subject to `behavior`."""
        return replace(
            self,
            recommendations=(Recommendation(now, replicas),),
            last_active=now,
            cooldown=Cooldown(now),
        )

    def observe(self, load: Load, learning: Learning, now: float) -> "History":
        """Record whether there are messages, and since when no queue is known.

        Statistics of before the last change do not count as quiet: a message that was delivered
        since then is unacknowledged, and only later statistics contain it.
        """
        ready = load.of_known_queues().ready
        if isinstance(ready, Unknown):
            return replace(
                self.restart_quiet_period(now),
                learning=learning,
                last_active=self.last_active,
                unknown_since=now if self.unknown_since is None else self.unknown_since,
            )
        seen_at = None
        if ready > 0 or _has_arrived(self.learning, learning):
            seen_at = now
        elif known(load.unacknowledged, 0) > 0:
            seen_at = _held_at(load, now)
        depth = total((load.ready, load.unacknowledged))
        quiet = seen_at is None and not isinstance(depth, Unknown)
        seen = _consumers_and_counters(load)
        changed = ready > 0 or seen != self.consumers_and_counters
        samples, counted = self.quiet_samples, self.quiet_sampled_after
        changed_at, sampled_after = self.queues_changed_at, known(load.sampled_after, 0.0)
        if changed or not quiet:
            samples, changed_at = 0, now if changed else changed_at
        elif sampled_after > max(changed_at, counted):
            samples, counted = samples + 1, sampled_after
        cooldown = self.cooldown
        if not quiet or changed or cooldown.published is None:
            published = total(each.published for each in load.readings)
            cooldown = cooldown.observe(published, now, seen_at=seen_at, quiet=quiet)
        return replace(
            self,
            learning=learning,
            unknown_since=None,
            last_active=self.last_active if seen_at is None else now,
            cooldown=cooldown,
            queues_changed_at=changed_at,
            last_ready_at=now if ready > 0 else self.last_ready_at,
            consumers_and_counters=seen,
            quiet_samples=samples,
            quiet_sampled_after=counted,
        )

    def restart_quiet_period(self, now: float) -> "History":
        """Return the history as if the queues had a message now. The cooldown begins again."""
        return replace(
            self,
            last_active=now,
            cooldown=Cooldown(now),
            queues_changed_at=now,
            quiet_samples=0,
        )

    def observe_nothing(
        self, now: float, behavior: Behavior, *, are_queues_known: bool
    ) -> "History":
        """Return the history after a moment in which the workload was unknown.

        Scale-down windows begin anew, and so does the cooldown, unless no message was published
        since it began. The queues have been known if they are so now.
        """
        return replace(
            self.restart_windows(0, now, behavior),
            cooldown=Cooldown(now, before=self.cooldown.stored),
            queues_changed_at=now,
            quiet_samples=0,
            unknown_since=None if are_queues_known else self.unknown_since,
        )

    def restart_windows(self, replicas: int, now: float, behavior: Behavior) -> "History":
        """Record a count as `recommend` does. The cooldown restarts as well.

        The last recommendation to scale up stays in force, so that a moment of unknown queues does
        not restart the scale-up window.
        """
        replicas = max(replicas, self.recommendations[-1].replicas)
        return replace(self.recommend(replicas, now, behavior), cooldown=Cooldown(now))

    def recommend(self, replicas: int, now: float, behavior: Behavior) -> "History":
        """Record a count that no proposal decided: scale-down windows restart."""
        recommendations = remember(behavior, self.recommendations, Recommendation(now, replicas))
        return replace(self, recommendations=recommendations)


def _consumers_and_counters(load: Load) -> int:
    return hash(tuple((r.name, r.consumers, r.published, r.delivered) for r in load.readings))


def _held_at(load: Load, now: float) -> float:
    """Return when statistics last had an unacknowledged message.

    Those of another queue, of a virtual host that answers late, can be 15 s older.
    """
    held = (each for each in load.readings if known(each.unacknowledged, 0) > 0)
    return max(known(each.statistics_at, now) for each in held)


def _has_arrived(before: Learning, after: Learning) -> bool:
    """Return whether a message arrived since the last statistics, even if it is gone again."""
    counts = after.arrivals.counts
    return counts is not before.arrivals.counts and bool(counts) and counts[-1].messages > 0
