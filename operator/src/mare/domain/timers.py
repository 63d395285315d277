"""What a new leader continues.

Since when fallback and cooldown count, the scale events, and the replicas that have not started or
are not ready.
"""

from dataclasses import dataclass, field, replace

from mare.domain.cooldown import Cooldown
from mare.domain.scale_events import ScaleEvent
from mare.domain.spec import ScalingSpec
from mare.domain.starting_backlog import StartingBacklog
from mare.domain.unready import UnreadyReplicas


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    unknown_since: float | None = None
    """Since when no queue could be read."""
    cooldown: Cooldown | None = None
    events: tuple[ScaleEvent, ...] = ()
    replicas: int | None = None
    """The count of the workload when these were stored."""
    allowed_zero: bool = False
    """Whether the last decision was a count of 0 that no other client had set."""
    starting: StartingBacklog | None = None
    """The messages that wait for replicas which have not started; None if all of them count."""
    unready: UnreadyReplicas = field(default_factory=UnreadyReplicas)
    last_active: float | None = None
    """When there was a message last."""

    def at_start(self, spec: ScalingSpec, replicas: int, now: float) -> "Timers":
        """Return what applies to a leader that starts now and finds `replicas`.

        The first reads of a leader can fail for reasons of its own, so that the fallback applies
        after `stalenessSeconds` of its own at the earliest. If the count differs from the stored
        one, the leader before changed it last and did not store that event.
        """
        unknown_since = self.unknown_since
        if unknown_since is not None and spec.fallback is not None:
            own_seconds = min(spec.staleness_seconds, spec.fallback.after_seconds)
            unknown_since = max(unknown_since, now - spec.fallback.after_seconds + own_seconds)
        if unknown_since is not None:
            unknown_since = min(unknown_since, now)
        events = tuple(replace(each, time=min(each.time, now)) for each in self.events)
        if self.replicas is not None and self.replicas != replicas:
            change = replicas - self.replicas
            events = (*events, ScaleEvent(now, change, earliest=float("-inf")))
        return replace(
            self,
            unknown_since=unknown_since,
            events=events,
            starting=self.starting and self.starting.at_start(now),
            unready=self.unready.at_start(now),
            last_active=now if self.last_active is None else min(self.last_active, now),
        )
