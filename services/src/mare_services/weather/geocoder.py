"""A live geocoder with a cache."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass

from mare_services.contract.errors import PlaceNotFound
from mare_services.upstream.budget import Budget, Clock
from mare_services.upstream.cache import Cache
from mare_services.upstream.guarded import Guarded, Spawn
from mare_services.weather.domain.cities import City
from mare_services.weather.ports import NameQuery

LIFE = 2_592_000.0
"""Seconds, 30 days."""

NOTHING_LIFE = 300.0
"""Seconds for which it is cached that a name has no place."""

ENTRIES = 2_000
"""Answers, at most about 10 kB each."""


@dataclass(eq=False)
class CachedGeocoder:
    """Places of any size by name, from one source that gets ``seconds`` for a lookup."""

    source: Guarded[NameQuery, tuple[City, ...]]
    attribution: str
    _: KW_ONLY
    seconds: float
    spawn: Spawn
    clock: Clock = time.monotonic

    def __post_init__(self) -> None:
        self._cache: Cache[NameQuery, tuple[City, ...]] = Cache(
            "geocoder",
            life=LIFE,
            stale_life=0,
            negative_life=NOTHING_LIFE,
            size=ENTRIES,
            spawn=self.spawn,
            clock=self.clock,
        )

    def find(self, question: NameQuery) -> Sequence[City]:
        """Return the best match first, or raise ``SourceUnavailable``.

        ``division`` is empty: only the gazetteer knows the codes of GeoNames.
        """
        budget = Budget.of(self.seconds, self.clock)
        with suppress(PlaceNotFound):
            return self._cache.get(question, lambda: self._asked(question, budget), budget).value
        return ()

    def _asked(self, question: NameQuery, budget: Budget) -> tuple[City, ...]:
        cities = self.source.answer(question, budget)
        if not cities:
            raise PlaceNotFound
        return cities
