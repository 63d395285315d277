"""Whether a series of samples rises: its slope, the error of the slope, and a verdict.

A process that is killed once an hour hides a leak: its memory is a sawtooth, flat over four hours.
So each life of a process has a level of its own, and all lives of a series have one slope.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

BLOCKS = 12
"""The samples of a life of median length are reduced to the medians of so many equal times.
Neighbours are not independent: with single samples the error of the slope comes out too small."""
_SHORTEST_BLOCK = 60.0
"""Seconds, four samples: most lives of an autoscaled part are too short for twelve such blocks."""
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
    # A part of the span would be longer than a life, the longer the run is.
    length = max(_SHORTEST_BLOCK, median(life[-1][0] - life[0][0] for life in some) / BLOCKS)
    groups = [blocks for life in some if len(blocks := _blocks(life, length)) > 1]
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


def goes_on(*lives: Sequence[tuple[float, float]]) -> bool:
    """Return whether lives rise in their first halves and in their second ones, as a leak does.

    A process that opens a connection more, or takes memory for what it keeps, rises in one of them.
    """
    slopes = [fit(*halves) for halves in zip(*map(_halves, lives), strict=True)]
    return all(slope is None or slope.verdict() == "rises" for slope in slopes)


def _halves(
    life: Sequence[tuple[float, float]],
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    middle = (life[0][0] + life[-1][0]) / 2 if life else 0.0
    return [each for each in life if each[0] < middle], [each for each in life if each[0] >= middle]


def _centred(blocks: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return pairs of hours and value, without the means of both."""
    middle, mean = fmean(at for at, _ in blocks), fmean(value for _, value in blocks)
    return [((at - middle) / 3600, value - mean) for at, value in blocks]


def _blocks(samples: Sequence[tuple[float, float]], length: float) -> list[tuple[float, float]]:
    first, seconds = samples[0][0], samples[-1][0] - samples[0][0]
    count = max(1, round(seconds / length))
    groups: dict[int, list[tuple[float, float]]] = {}
    for at, value in samples:
        number = min(count - 1, int((at - first) * count / seconds)) if seconds else 0
        groups.setdefault(number, []).append((at, value))
    return [
        (fmean(at for at, _ in group), median(value for _, value in group))
        for _, group in sorted(groups.items())
    ]
