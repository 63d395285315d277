"""Whether a series of samples rises: its slope, the error of the slope, and a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

BLOCKS = 12
"""Samples are reduced to the medians of so many equal times: neighbours are not independent, and
with single samples the error of the slope comes out too small."""
_QUANTILES = {1: 12.7, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}
"""Of Student's t, 97.5 %, by degrees of freedom."""
_MANY = 2.23
NEGLIGIBLE = 0.05
"""A rise over the whole time of less than this part of the mean is flat."""


@dataclass(frozen=True, slots=True)
class Slope:
    """Change an hour, with the half width of its 95 % interval."""

    per_hour: float
    error: float
    mean: float
    hours: float

    def verdict(self, explained: float = 0.0) -> str:
        """Return "flat", "falls", "explained" or "rises".

        Args:
            explained: the change an hour that is known to come from the load itself.
        """
        if self._flat(self.per_hour):
            return "flat"
        if self.per_hour < 0:
            return "falls"
        return "explained" if explained and self._flat(self.per_hour - explained) else "rises"

    def _flat(self, per_hour: float) -> bool:
        small = NEGLIGIBLE * abs(self.mean)
        return abs(per_hour) <= self.error or abs(per_hour) * self.hours <= small


def fit(samples: Sequence[tuple[float, float]]) -> Slope | None:
    """Return the slope of pairs (second, value), None if there are fewer than three blocks."""
    if not samples:
        return None
    points = _blocks(samples)
    if len(points) < 3:
        return None
    hours = [at / 3600 for at, _ in points]
    values = [value for _, value in points]
    middle, mean = fmean(hours), fmean(values)
    spread = sum((at - middle) ** 2 for at in hours)
    slope = sum((at - middle) * (v - mean) for at, v in zip(hours, values, strict=True)) / spread
    freedom = len(points) - 2
    left = sum((v - mean - slope * (at - middle)) ** 2 for at, v in zip(hours, values, strict=True))
    error = (left / freedom / spread) ** 0.5 * _QUANTILES.get(freedom, _MANY)
    return Slope(slope, error, mean, (samples[-1][0] - samples[0][0]) / 3600)


def _blocks(samples: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    first, last = samples[0][0], samples[-1][0]
    length = (last - first) / BLOCKS or 1.0
    groups: dict[int, list[tuple[float, float]]] = {}
    for at, value in samples:
        groups.setdefault(min(BLOCKS - 1, int((at - first) / length)), []).append((at, value))
    return [
        (fmean(at for at, _ in group), median(value for _, value in group))
        for _, group in sorted(groups.items())
    ]
