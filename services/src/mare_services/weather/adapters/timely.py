"""A source whose answers are about now."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mare_services.contract.errors import SourceFailed
from mare_services.contract.places import Place
from mare_services.contract.weather import Observed
from mare_services.upstream.budget import Budget
from mare_services.upstream.guarded import Source

FARTHEST = timedelta(hours=3)
"""From now, past or future; beyond it, the season says more about the weather."""


class Timely:
    """Refuses weather of another time: of 1970, from a proxy's memory, by a clock that is wrong."""

    def __init__(
        self,
        source: Source[Place, Observed],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = source.name
        self._source = source
        self._now = now

    def answer(self, place: Place, budget: Budget) -> Observed:
        """Return the source's answer, or raise ``SourceFailed`` if it is not about now."""
        observed = self._source.answer(place, budget)
        if abs(self._now() - observed.weather.observed_at) > FARTHEST:
            raise SourceFailed(f"{self.name} tells of another time.", {"source": self.name})
        return observed
