"""The use case: the weather at a place now, from whoever knows it best."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from mare_services.contract.errors import SourceUnavailable
from mare_services.contract.places import Place
from mare_services.contract.weather import Observed
from mare_services.upstream.budget import Budget, Clock
from mare_services.upstream.cache import Cache, Cached
from mare_services.upstream.chain import MIN_CALL_SECONDS, first_answer
from mare_services.upstream.guarded import Guarded, Spawn
from mare_services.weather.domain.climate import Climatology
from mare_services.weather.domain.coordinates import checked

STALE_LIFE = 10_800.0
"""Seconds, three hours; after that, the season says more about the weather than the past does."""

NEGATIVE_LIFE = 5.0
"""Seconds a failure of all sources is remembered."""

ESTIMATE_ATTRIBUTION = "Contains modified Copernicus Climate Change Service information"


class Observer:
    """Knows the weather: live, or what it was, or what it usually is.

    Args:
        sources: live, in the order to ask.
        climatology: the last resort; ``None`` lets the errors of the sources through.
        seconds: for all live sources of an answer together.
        cache_seconds: during which an answer is fresh.
        cache_entries: of about 1 kB each, one for each hundredth of a degree asked for.
        spawn: as in :class:`Cache`.
    """

    def __init__(
        self,
        sources: Sequence[Guarded[Place, Observed]],
        climatology: Climatology | None,
        *,
        seconds: float,
        cache_seconds: float,
        cache_entries: int,
        spawn: Spawn,
        clock: Clock = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sources = sources
        self._climatology = climatology
        self._seconds = seconds
        self._clock = clock
        self._now = now
        self._cache: Cache[tuple[float, float], Observed] = Cache(
            "weather",
            life=cache_seconds,
            stale_life=STALE_LIFE,
            negative_life=NEGATIVE_LIFE,
            size=cache_entries,
            spawn=spawn,
            clock=clock,
        )

    def current(self, place: Place, patience: float = math.inf) -> Observed:
        """Return the weather, live only if that takes no more seconds than ``patience``.

        A live answer that comes too late for this caller is there for the next one.

        Raises:
            InvalidRequest: there is no such point.
            SourceUnavailable: no source answers, nothing is remembered, there is no climatology.
        """
        try:
            kept = self._known(place, patience)
        except SourceUnavailable:
            if self._climatology is None:
                raise
            return self._estimated(self._climatology, place)
        return replace(kept.value, weather=replace(kept.value.weather, stale=kept.stale))

    def _known(self, place: Place, patience: float) -> Cached[Observed]:
        latitude, longitude = checked(place.latitude, place.longitude)
        key = round(latitude, 2), round(longitude, 2)
        if patience < MIN_CALL_SECONDS:
            return self._cache.remembered(key)
        budget = Budget.of(self._seconds, self._clock)
        return self._cache.get(
            key, lambda: first_answer(self._sources, place, budget), budget.at_most(patience)
        )

    def _estimated(self, climatology: Climatology, place: Place) -> Observed:
        weather = climatology.estimate(place.latitude, place.longitude, self._now())
        return Observed(weather=weather, attribution=(ESTIMATE_ATTRIBUTION,))
