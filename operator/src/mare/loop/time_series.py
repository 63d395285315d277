"""The last 24 hours of one object as samples for charts, the older the coarser.

Equal samples in a row are stored once, in 18 bytes. At worst, when all 2,400 samples of an object
differ, that is 47 MB for 1,000 objects; tuples would take 570 MB.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

_STRETCH = Struct("<Iff3H")
"""First slot, depth, wait, and the three numbers of replicas."""
_NO_COUNT = 0xFFFF
_NOTHING_FOR_SECONDS = 5.0
"""Time without a sample after which a chart shows a gap."""
_NAN = math.nan


class Sample(NamedTuple):
    """What a chart shows of one moment; NaN and None stand for unknown."""

    depth: float
    wait_seconds: float
    ready: int | None
    current: int | None
    desired: int | None


UNKNOWN = Sample(_NAN, _NAN, None, None, None)


@dataclass(frozen=True, slots=True)
class Span:
    """The range of a chart: `slots` samples, one every `step` seconds."""

    name: str
    step: int
    slots: int

    @property
    def seconds(self) -> int:
        return self.step * self.slots


SPANS = (Span("10m", 1, 600), Span("1h", 10, 360), Span("24h", 60, 1440))


class TimeSeries:
    """The samples of one span: the highest depth and wait of each slot, and its last replicas.

    A sample that equals the one before only moves the end of the newest stretch.
    """

    __slots__ = ("_at", "_newest", "_slot", "_span", "_start", "_stretches")

    def __init__(self, span: Span) -> None:
        self._span = span
        self._stretches = bytearray()
        self._start = self._slot = -1
        """First and last slot of the newest stretch."""
        self._newest = UNKNOWN
        self._at = -math.inf

    @property
    def since(self) -> float | None:
        if self._slot < 0:
            return None
        first = _STRETCH.unpack_from(self._stretches)[0] if self._stretches else self._start
        return float(max(first, self._slot + 1 - self._span.slots) * self._span.step)

    def add(self, at: float, numbers: Sample) -> None:
        slot, before = int(at // self._span.step), self._at
        self._at = at
        if slot == self._slot:
            if numbers != self._newest:
                self._raise(_highest(self._newest, numbers))
            return
        if self._slot >= 0:
            gap = at - before > _NOTHING_FOR_SECONDS and slot > self._slot + 1
            if numbers == self._newest and not gap:
                self._slot = slot
                return
            self._keep(self._start, self._newest)
            if gap:
                self._keep(self._slot + 1, UNKNOWN)
            self._forget(slot - self._span.slots)
        self._start = self._slot = slot
        self._newest = numbers

    def _raise(self, numbers: Sample) -> None:
        """Replace the sample of the last slot, and keep the samples of the slots before it."""
        if self._start < self._slot:
            self._keep(self._start, self._newest)
            self._start = self._slot
        self._newest = numbers

    def _keep(self, slot: int, numbers: Sample) -> None:
        packed = _STRETCH.pack(
            slot, numbers.depth, numbers.wait_seconds, *(_packed(count) for count in numbers[2:])
        )
        if self._stretches[4 - _STRETCH.size :] != packed[4:]:
            self._stretches += packed

    def _forget(self, oldest: int) -> None:
        """Drop stretches that ended before a slot, and shorten one that reaches over it."""
        stretches, size = self._stretches, _STRETCH.size
        while len(stretches) > size and _STRETCH.unpack_from(stretches, size)[0] <= oldest:
            del stretches[:size]
        if stretches and _STRETCH.unpack_from(stretches)[0] < oldest:
            stretches[:4] = oldest.to_bytes(4, "little")

    def samples(self, now: float) -> Iterator[tuple[float, Sample]]:
        stretches = [
            (slot, Sample(depth, wait, *(_unpacked(count) for count in counts)))
            for slot, depth, wait, *counts in _STRETCH.iter_unpack(self._stretches)
        ]
        if self._slot >= 0:
            stretches.append((self._start, self._newest))
            if now - self._at > _NOTHING_FOR_SECONDS:
                stretches.append((self._slot + 1, UNKNOWN))
        step = self._span.step
        end = int(now // step) + 1
        oldest = end - self._span.slots
        for index, (slot, numbers) in enumerate(stretches):
            following = stretches[index + 1][0] if index + 1 < len(stretches) else end
            for each in range(max(slot, oldest), following):
                yield float(each * step), numbers


def _highest(before: Sample, after: Sample) -> Sample:
    return Sample(
        _higher(before.depth, after.depth),
        _higher(before.wait_seconds, after.wait_seconds),
        after.ready,
        after.current,
        after.desired,
    )


def _higher(one: float, other: float) -> float:
    return one if one >= other or math.isnan(other) else other


def _packed(count: int | None) -> int:
    return _NO_COUNT if count is None else min(count, _NO_COUNT - 1)


def _unpacked(count: int) -> int | None:
    return None if count == _NO_COUNT else count
