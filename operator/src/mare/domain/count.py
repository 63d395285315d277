"""Counts of replicas, which the API of Kubernetes stores as int32."""

import math

MAX_COUNT = 2**31 - 1


def count_of(value: float) -> int:
    """Round the result of a formula up to a count; infinity is the largest count."""
    return math.ceil(value) if value < MAX_COUNT else MAX_COUNT
