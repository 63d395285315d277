"""Loads: rates over time, bursts and recorded counts, and the messages they generate."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Points:
    """A rate that is linear between points (second, messages per second)."""

    points: tuple[tuple[float, float], ...]

    def rate(self, second: float) -> float:
        before = self.points[0]
        for point in self.points:
            if point[0] > second:
                if point[0] == before[0]:
                    return point[1]
                share = (second - before[0]) / (point[0] - before[0])
                return before[1] + share * (point[1] - before[1]) if second >= before[0] else 0.0
            before = point
        return before[1]

    def times(self, factor: float) -> "Points":
        return Points(tuple((second, factor * rate) for second, rate in self.points))


@dataclass(frozen=True, slots=True)
class Square:
    """A rate that alternates between low and high, half a period each, low first."""

    low: float
    high: float
    period_seconds: float

    def rate(self, second: float) -> float:
        return self.low if second % self.period_seconds < self.period_seconds / 2 else self.high

    def times(self, factor: float) -> "Square":
        return Square(factor * self.low, factor * self.high, self.period_seconds)


@dataclass(frozen=True, slots=True)
class Sine:
    """A sine between low and high, low first."""

    low: float
    high: float
    period_seconds: float

    def rate(self, second: float) -> float:
        swing = (1 - math.cos(2 * math.pi * second / self.period_seconds)) / 2
        return self.low + (self.high - self.low) * swing

    def times(self, factor: float) -> "Sine":
        return Sine(factor * self.low, factor * self.high, self.period_seconds)


@dataclass(frozen=True, slots=True)
class Burst:
    """Messages that are published within a short time."""

    at: float
    messages: int
    within_seconds: float = 1.0


Rate = Points | Square | Sine


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    rates: tuple[Rate, ...] = ()
    bursts: tuple[Burst, ...] = ()
    recorded: tuple[tuple[float, int], ...] = ()
    """Rows of (second, messages until the next row)."""

    def expected(self, seconds: float) -> float:
        streams = sum(_rate(self.rates, second) for second in range(math.ceil(seconds)))
        return streams + sum(b.messages for b in self.bursts) + sum(n for _, n in self.recorded)

    def arrivals(self, seconds: float, random: Random) -> list[float]:
        """Return the sorted arrival times; rates are Poisson processes."""
        moments = list(_poisson(self.rates, seconds, random))
        for burst in self.bursts:
            moments += [
                burst.at + random.random() * burst.within_seconds for _ in range(burst.messages)
            ]
        moments += _spread(self.recorded, seconds, random)
        return sorted(moment for moment in moments if moment < seconds)


def _poisson(rates: Sequence[Rate], seconds: float, random: Random) -> Iterator[float]:
    """Generate a Poisson process by exponential gaps in expected messages, second by second."""
    next_in = random.expovariate(1.0)
    for second in range(math.ceil(seconds)):
        rate = _rate(rates, second)
        moment = float(second)
        while rate > 0 and next_in <= (second + 1 - moment) * rate:
            moment += next_in / rate
            yield moment
            next_in = random.expovariate(1.0)
        next_in -= (second + 1 - moment) * rate


def _rate(rates: Sequence[Rate], second: int) -> float:
    return sum(each.rate(second + 0.5) for each in rates)


def _spread(rows: Sequence[tuple[float, int]], seconds: float, random: Random) -> Iterator[float]:
    ends = [*(second for second, _ in rows), seconds][1:]
    for (start, messages), end in zip(rows, ends, strict=True):
        for _ in range(messages):
            yield start + random.random() * (end - start)
