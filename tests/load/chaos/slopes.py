"""Whether a series of samples rises: its slope, the error of the slope, and a verdict.

A process that is killed once an hour hides a leak: its memory is a sawtooth, flat over four hours.
So each life of a process has a level of its own, and all lives of a series have one slope.
"""

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


def fit(*lives: Sequence[tuple[float, float]]) -> Slope | None:
    """Return the slope that lives share, each a sequence of pairs (second, value).

    None if there are too few blocks for an error: one life needs three.
    """
    some = [life for life in lives if life]
    if not some:
        return None
    span = max(life[-1][0] for life in some) - min(life[0][0] for life in some)
    groups = [blocks for life in some if len(blocks := _blocks(life, span / BLOCKS or 1.0)) > 1]
    points = [point for blocks in groups for point in blocks]
    freedom = len(points) - len(groups) - 1
    if freedom < 1:
        return None
    # Each life's own mean is its level.
    own = [point for blocks in groups for point in _centred(blocks)]
    spread = sum(at**2 for at, _ in own)
    slope = sum(at * value for at, value in own) / spread
    left = sum((value - slope * at) ** 2 for at, value in own)
    error = (left / freedom / spread) ** 0.5 * _QUANTILES.get(freedom, _MANY)
    return Slope(slope, error, fmean(value for _, value in points), span / 3600)


def _centred(blocks: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return pairs of hours and value, without the means of both."""
    middle, mean = fmean(at for at, _ in blocks), fmean(value for _, value in blocks)
    return [((at - middle) / 3600, value - mean) for at, value in blocks]


def _blocks(samples: Sequence[tuple[float, float]], length: float) -> list[tuple[float, float]]:
    first = samples[0][0]
    groups: dict[int, list[tuple[float, float]]] = {}
    for at, value in samples:
        groups.setdefault(min(BLOCKS - 1, int((at - first) / length)), []).append((at, value))
    return [
        (fmean(at for at, _ in group), median(value for _, value in group))
        for _, group in sorted(groups.items())
    ]
