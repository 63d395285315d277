"""The live music sources, in order, with a cache."""

import time
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace

from mare_services.music.domain.material import Material, MaterialQuery
from mare_services.upstream.budget import Budget, Clock
from mare_services.upstream.cache import Cache
from mare_services.upstream.guarded import Guarded, Spawn, first_answer

STALE_LIFE = 64_800.0
"""Seconds, 18 hours. With the longest life of 6 hours nothing is cached for more than a day."""

NEGATIVE_LIFE = 5.0


@dataclass(eq=False)
class LiveMusic:
    """The first live source that responds; its tracks are cached for all requests."""

    sources: Sequence[Guarded[MaterialQuery, Material]]
    _: KW_ONLY
    seconds: float
    cache_seconds: float
    cache_entries: int
    spawn: Spawn
    clock: Clock = time.monotonic

    def __post_init__(self) -> None:
        self._cache: Cache[MaterialQuery, Material] = Cache(
            "music",
            life=self.cache_seconds,
            stale_life=STALE_LIFE,
            negative_life=NEGATIVE_LIFE,
            size=self.cache_entries,
            spawn=self.spawn,
            clock=self.clock,
        )

    def material(self, query: MaterialQuery) -> Material:
        """Return fresh tracks, or stale ones if no source responds."""
        budget = Budget.of(self.seconds, self.clock)
        cached = self._cache.get(query, lambda: first_answer(self.sources, query, budget), budget)
        return replace(cached.value, stale=cached.stale)
