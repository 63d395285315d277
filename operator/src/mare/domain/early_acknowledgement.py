"""Messages that are acknowledged before they are processed: busy replicas look idle.

Celery acknowledges early unless `task_acks_late` is set, and a consumer with automatic
acknowledgement always does. What such a consumer works on can only be bounded: by the messages that
were acknowledged lately, since that happens when it begins. While tasks are few, Celery looks like
a worker that needs a millisecond (docs/measurements/celery.md): no rule can tell them apart.
"""

from dataclasses import dataclass, replace

from mare.domain.observation import Load
from mare.domain.unknown import Unknown, known, total

DRAIN_SECONDS = 30
"""`drainSeconds` where early acknowledgement is seen: the default grace period of a Pod."""
_ENOUGH_MESSAGES = 10
_SLICES = 30
"""Parts of `drainSeconds` that are counted apart: 720 updates in an hour took 89 kB."""
_SAMPLES = 3
"""Updates in a row that have to show it: a fast consumer can acknowledge just before a sample."""


@dataclass(frozen=True, slots=True)
class EarlyAcknowledgement:
    """The recently acknowledged messages, and whether consumers acknowledge before the work."""

    delivered: int | None = None
    acknowledged: int | None = None
    recent: tuple[tuple[float, int], ...] = ()
    """Times at which acknowledgements were counted, and their numbers."""
    early_samples: int = 0
    automatic: bool = False
    """Whether a consumer acknowledges automatically."""
    unseen: int | None = 0
    """Messages delivered while no statistics showed an unacknowledged message; None after that."""

    @property
    def is_early(self) -> bool:
        return self.automatic or self.early_samples >= _SAMPLES

    @property
    def are_unseen(self) -> bool:
        """Whether enough messages were delivered, and no statistics show one as unacknowledged."""
        return self.unseen is not None and self.unseen >= _ENOUGH_MESSAGES

    def observe(self, load: Load, now: float, drain_seconds: int | None) -> "EarlyAcknowledgement":
        """Record the counters of one reading. They change with the statistics only."""
        new = total(reading.delivered for reading in load.readings)
        acknowledged = total(reading.acknowledged for reading in load.readings)
        if not load.readings or isinstance(new, Unknown) or isinstance(acknowledged, Unknown):
            is_known = self.delivered is not None or self.acknowledged is not None
            return replace(self, delivered=None, acknowledged=None) if is_known else self
        automatic = any(reading.automatic for reading in load.readings)
        unseen = None if known(load.unacknowledged, 0) > 0 else self.unseen
        if (new, acknowledged, automatic) == (self.delivered, self.acknowledged, self.automatic):
            return self if unseen == self.unseen else replace(self, unseen=unseen)
        count = 0 if self.delivered is None else new - self.delivered
        # Each message of before the first counter may have been acknowledged a moment ago.
        begun = acknowledged - (self.acknowledged or 0)
        seconds = drain_seconds or DRAIN_SECONDS
        recent = tuple(each for each in self.recent if each[0] > now - seconds)
        return replace(
            self,
            delivered=new,
            acknowledged=acknowledged,
            automatic=automatic,
            unseen=None if unseen is None else unseen + max(0, count),
            recent=_add(recent, now, begun, seconds / _SLICES) if begun > 0 else recent,
            early_samples=self._early_samples(load, count, acknowledged),
        )

    def _early_samples(self, load: Load, count: int, acknowledged: int) -> int:
        """Count samples in which the queue has messages and none is unacknowledged."""
        if known(load.unacknowledged, 1) > 0 or self.acknowledged is None:
            return 0
        together = 0 < count <= acknowledged - self.acknowledged
        return self.early_samples + 1 if together and known(load.ready, 0) > 0 else 0

    def acknowledged_recently(self, drain_seconds: int | None, now: float) -> tuple[int, float]:
        """Return how many acknowledged messages may still be processed, and until when.

        Without `drain_seconds` this counts only where messages are acknowledged early.
        """
        if drain_seconds is None and not self.is_early:
            return 0, now
        seconds = DRAIN_SECONDS if drain_seconds is None else drain_seconds
        recent = [each for each in self.recent if each[0] > now - seconds]
        return sum(count for _, count in recent), recent[-1][0] + seconds if recent else now


def _add(
    recent: tuple[tuple[float, int], ...], now: float, count: int, seconds: float
) -> tuple[tuple[float, int], ...]:
    """Count acknowledgements with those of the same `seconds`, which count as long as they do."""
    if recent and recent[-1][0] // seconds == now // seconds:
        return *recent[:-1], (now, recent[-1][1] + count)
    return *recent, (now, count)
