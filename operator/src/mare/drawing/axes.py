"""Round numbers for axes, and where a value lies on one."""

import math
from dataclasses import dataclass
from datetime import datetime, tzinfo

_ROUND = (1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_TIME_STEPS = (1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400)
_MINUTE = 60
_THOUSANDS_FROM = 10_000
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from `low` to `high` on pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def round_top(value: float, whole: bool = False) -> float:  # noqa: FBT001, FBT002
    """The next round number at or above a value; `whole` keeps its half a whole number."""
    if value <= 0:
        return 2.0 if whole else 1.0
    power = 10.0 ** math.floor(math.log10(value))
    top = next(factor * power for factor in _ROUND if factor * power >= value * (1 - 1e-9))
    return max(2.0, 2 * math.ceil(top / 2)) if whole else top


def time_ticks(start: float, end: float, most: int) -> list[float]:
    """Round moments between start and end, at most so many."""
    step = next((s for s in _TIME_STEPS if (end - start) / s <= most), _TIME_STEPS[-1])
    first = math.ceil(start / step) * step
    return [first + step * index for index in range(int((end - first) / step) + 1)]


def local_ticks(start: float, end: float, most: int, zone: tzinfo) -> list[float]:
    """Moments that are round on the clocks of a zone; `start` and `end` are since the epoch."""
    offset = datetime.fromtimestamp(start, zone).utcoffset()
    shift = offset.total_seconds() if offset else 0.0
    return [tick - shift for tick in time_ticks(start + shift, end + shift, most)]


def time_of_day(moment: float, zone: tzinfo, spacing: float) -> str:
    """The time on the clocks of a zone, with seconds where labels are closer than a minute."""
    return datetime.fromtimestamp(moment, zone).strftime(
        "%H:%M:%S" if spacing % _MINUTE else "%H:%M"
    )


def duration(seconds: float) -> str:
    """A time since the beginning, for example 90 s, 15 min or 2 h."""
    if seconds and seconds % _HOUR == 0:
        return f"{seconds / _HOUR:g} h"
    if seconds and seconds % _MINUTE == 0:
        return f"{seconds / _MINUTE:g} min"
    return f"{seconds:g} s"


def amount(value: float, top: float) -> str:
    """A value on an axis that ends at `top`; on a long one all are thousands."""
    if top < _THOUSANDS_FROM or value == 0:
        return f"{value:g}"
    return f"{value / 1000:g}k"
