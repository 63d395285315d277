"""Since when the queues have had no message, also under the leader before."""

from dataclasses import dataclass, replace

from mare.domain.unknown import Unknown


@dataclass(frozen=True, slots=True)
class Cooldown:
    began: float
    """When a reading or statistics last had a message, or when an alarm, a pause or unknown queues
    ended, or an activation came.

    An unacknowledged message was there when the statistics were taken. Later readings of the same
    statistics show no more of it: they would add 5 s to each cooldown.
    """
    published: int | None = None
    """Messages published to the queues so far; None while that is not known, or not quiet."""
    before: "Cooldown | None" = None
    """The cooldown of the leader before, which goes on if no message was published since."""

    @property
    def stored(self) -> "Cooldown | None":
        """What the next leader can continue; None if it has to begin again."""
        pending = self.before or self
        return None if pending.published is None else replace(pending, before=None)

    def observe(
        self, published: int | Unknown, now: float, *, seen_at: float | None, quiet: bool
    ) -> "Cooldown":
        """Record a reading, and when it or its statistics had a message: None if they had none.

        A reading that is not quiet either lacks statistics.
        """
        if seen_at is not None:
            return Cooldown(max(self.began, seen_at))
        if not quiet:
            return Cooldown(now, before=self.before)
        if self.before is None and self.published == published:
            return self
        if isinstance(published, Unknown):
            return replace(self, published=None)
        goes_on = self.before is not None and self.before.published == published
        began = min(self.before.began, self.began) if self.before and goes_on else self.began
        return Cooldown(began, published)
