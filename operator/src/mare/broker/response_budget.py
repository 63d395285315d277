"""Bounds the memory of what the brokers of one namespace return.

Each virtual host has statistics of its own, and an object can name 32 of them. One hostile broker
took 550 MB in a minute with 10 virtual hosts of 29,000 queues each.
"""

from collections import Counter

from mare.broker.http_client import ResponseTooLarge

MAX_OBJECTS = 300_000
"""JSON objects of one namespace, of 150 bytes each: 30,000 queues and as many consumers."""
OBJECTS_OF_QUEUE = 6
"""Minimum number of objects that a queue counts as: its statistics take 0.8 KB."""


class ResponseShare:
    """The part of one virtual host. `used` counts all parts, by the namespace of a Secret."""

    def __init__(self, used: Counter[str], namespace: str) -> None:
        self._used = used
        self._namespace = namespace
        self._parts: Counter[str] = Counter()

    def reserve(self, part: str, objects: int) -> None:
        """Replace what a part of the statistics takes; raise `ResponseTooLarge` over the bound."""
        more = objects - self._parts[part]
        if more > 0 and self._used[self._namespace] + more > MAX_OBJECTS:
            text = f"the brokers of namespace {self._namespace} return more than the limit of"
            raise ResponseTooLarge(f"{text} {MAX_OBJECTS:,} JSON objects together")
        self._parts[part] = objects
        self._used[self._namespace] += more

    def release(self) -> None:
        self._used[self._namespace] -= self._parts.total()
        self._parts.clear()
        if not self._used[self._namespace]:
            del self._used[self._namespace]
