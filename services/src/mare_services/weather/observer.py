"""Observes the weather at a place: live, from the cache, or from the climatology."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from datetime import UTC, datetime

from mare_services.contract.errors import SourceUnavailable
from mare_services.contract.places import Place
from mare_services.upstream.budget import Budget, Clock
from mare_services.upstream.cache import Cache, Cached
from mare_services.upstream.guarded import MIN_CALL_SECONDS, Guarded, Spawn, first_answer
from mare_services.weather.domain.climate import Climatology
from mare_services.weather.ports import Observed

STALE_LIFE = 10_800.0
"""Seconds, three hours. After that the climatology predicts the weather better."""

NEGATIVE_LIFE = 5.0
"""Seconds for which a failure of all sources is cached."""

ESTIMATE_ATTRIBUTION = "Contains modified Copernicus Climate Change Service information"


@dataclass(eq=False)
class Observer:
    """Returns live weather, else cached weather, else the climatological mean."""

    sources: Sequence[Guarded[Place, Observed]]
    climatology: Climatology | None
    _: KW_ONLY
    seconds: float
    cache_seconds: float
    cache_entries: int
    spawn: Spawn
    clock: Clock = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def __post_init__(self) -> None:
        self._cache: Cache[tuple[float, float], Observed] = Cache(
            "weather",
            life=self.cache_seconds,
            stale_life=STALE_LIFE,
            negative_life=NEGATIVE_LIFE,
            size=self.cache_entries,
            spawn=self.spawn,
            clock=self.clock,
        )

    def observe(self, place: Place, time_left: float = math.inf) -> Observed:
        """Return the weather; a live answer after ``time_left`` is cached for the next caller."""
        try:
            cached = self._live(place, time_left)
        except SourceUnavailable:
            if self.climatology is None:
                raise
            return self._estimated(self.climatology, place)
        return replace(cached.value, weather=replace(cached.value.weather, stale=cached.stale))

    def _live(self, place: Place, time_left: float) -> Cached[Observed]:
        key = round(place.latitude, 2), round(place.longitude, 2)
        if time_left < MIN_CALL_SECONDS:
            return self._cache.peek(key)
        budget = Budget.of(self.seconds, self.clock)
        return self._cache.get(
            key, lambda: first_answer(self.sources, place, budget), budget.at_most(time_left)
        )

    def _estimated(self, climatology: Climatology, place: Place) -> Observed:
        weather = climatology.estimate(place.latitude, place.longitude, self.now())
        return Observed(weather=weather, attribution=(ESTIMATE_ATTRIBUTION,))
