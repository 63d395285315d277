"""Since when renewals are unchanged, by the clock of this replica.

The clocks of other replicas may be wrong. So a renewal expires by the own clock, counted from the
moment at which it was read first.
"""

from collections.abc import Collection

from mare.ports import Clock


class Sightings:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[str, float, float]] = {}
        """By identity, "" for the Lease as a whole: the renewal, when it was read first, and when
        it expires."""
        self._made: tuple[str, float] = ("", 0.0)
        """A Lease that was made anew, and until when no shard of it may be taken."""

    def has_expired(self, identity: str, renewed: str, seconds: float) -> bool:
        """Observe a renewal; return whether it has been the same for so many seconds."""
        now = self._clock()
        before, first, _ = self._seen.get(identity, ("", now, 0.0))
        if before != renewed:
            first = now
        self._seen[identity] = renewed, first, first + seconds
        return now >= first + seconds

    def see_made(self, made: str, seconds: float) -> None:
        """Observe a Lease: the leaders of one that was deleted may act for so many seconds."""
        if made != self._made[0]:
            self._made = made, self._clock() + seconds if made else 0.0

    @property
    def may_claim(self) -> bool:
        return self._clock() >= self._made[1]

    @property
    def next_expiry(self) -> float:
        """When the next renewal expires that has not yet."""
        now = self._clock()
        return min((end for _, _, end in self._seen.values() if end > now), default=float("inf"))

    def keep_only(self, identities: Collection[str]) -> None:
        self._seen = {
            name: seen for name, seen in self._seen.items() if not name or name in identities
        }
