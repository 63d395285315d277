"""Axes: round numbers, labels, and positions in pixels."""

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
    """Maps values from `low` to `high` to pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def round_top(value: float, whole: bool = False) -> float:  # noqa: FBT001, FBT002
    """Return the next round number at or above a value; `whole` makes it an even number."""
    if value <= 0:
        return 2.0 if whole else 1.0
    power = 10.0 ** math.floor(math.log10(value))
    top = next(factor * power for factor in _ROUND if factor * power >= value * (1 - 1e-9))
    return max(2.0, 2 * math.ceil(top / 2)) if whole else top


def value_ticks(low: float, high: float, most: int) -> list[float]:
    """Return round values from at or below `low` to at or above `high`, with about `most` steps."""
    step = round_top((high - low) / most or high / most or 1.0)
    first = math.floor(low / step + 1e-9)
    last = max(first + 1, math.ceil(high / step - 1e-9))
    return [index * step for index in range(first, last + 1)]


def time_ticks(start: float, end: float, most: int) -> list[float]:
    step = next((s for s in _TIME_STEPS if (end - start) / s <= most), _TIME_STEPS[-1])
    first = math.ceil(start / step) * step
    return [first + step * index for index in range(int((end - first) / step) + 1)]


def local_ticks(start: float, end: float, most: int, zone: tzinfo) -> list[float]:
    """Return times that are round in a time zone; `start` and `end` are epoch seconds."""
    offset = datetime.fromtimestamp(start, zone).utcoffset()
    shift = offset.total_seconds() if offset else 0.0
    return [tick - shift for tick in time_ticks(start + shift, end + shift, most)]


def time_of_day(moment: float, zone: tzinfo, spacing: float) -> str:
    """Return the time of day in a zone; with seconds if labels are less than a minute apart."""
    return datetime.fromtimestamp(moment, zone).strftime(
        "%H:%M:%S" if spacing % _MINUTE else "%H:%M"
    )


def duration(seconds: float) -> str:
    """Return the seconds since the start as a label, for example 90 s, 15 min or 2 h."""
    if seconds and seconds % _HOUR == 0:
        return f"{seconds / _HOUR:g} h"
    if seconds and seconds % _MINUTE == 0:
        return f"{seconds / _MINUTE:g} min"
    return f"{seconds:g} s"


def amount(value: float, top: float) -> str:
    """Return the label of a value on an axis up to `top`; from 10,000 on, in thousands."""
    if top < _THOUSANDS_FROM or value == 0:
        return f"{value:g}"
    return f"{value / 1000:g}k"
