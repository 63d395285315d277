"""Observes the weather at a place: live, from the cache, or from the climatology."""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from mare_services.contract.errors import SourceUnavailable
from mare_services.contract.places import Place
from mare_services.upstream.sources import CachedSources
from mare_services.weather.adapters.validation import Observed
from mare_services.weather.domain.climate import Climatology

ESTIMATE_ATTRIBUTION = "Contains modified Copernicus Climate Change Service information"


@dataclass(eq=False)
class Observer:
    """Returns live weather, else cached weather, else the climatological mean."""

    live: CachedSources[Place, Observed]
    climatology: Climatology | None

    def observe(self, place: Place, time_left: float = math.inf) -> Observed:
        """Return the weather; a live answer after ``time_left`` is cached for the next caller."""
        try:
            found = self.live.get(place, time_left)
        except SourceUnavailable:
            if self.climatology is None:
                raise
            now = datetime.now(UTC)
            weather = self.climatology.estimate(place.latitude, place.longitude, now)
            return Observed(weather=weather, attribution=(ESTIMATE_ATTRIBUTION,))
        return replace(found.value, weather=replace(found.value.weather, stale=found.stale))
