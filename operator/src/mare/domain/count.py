"""Counts of replicas, which the API of Kubernetes stores as int32."""

import math
from bisect import bisect_left
from collections.abc import Callable

MAX_COUNT = 2**31 - 1


def count_of(value: float) -> int:
    """Round the result of a formula up to a count; infinity is the largest count."""
    return math.ceil(value) if value < MAX_COUNT else MAX_COUNT


def least(start: int, holds: Callable[[int], bool]) -> int | None:
    """Return the least count from `start` on for which a monotonic condition holds, if it does."""
    if holds(start):
        return start
    step = 1
    while not holds(start + step):
        step *= 2
        if step > MAX_COUNT:
            return None
    first = start + step // 2 + 1
    return first + bisect_left(range(first, start + step), True, key=holds)
