"""Bounds the memory of what the brokers of one namespace return.

Each virtual host has statistics of its own, and an object can name 32 of them. One hostile broker
took 550 MB in a minute with 10 virtual hosts of 29,000 queues each.
"""

from collections import Counter

from mare.broker.http_client import ResponseTooLarge
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import RESPONSE_OBJECTS, Tenant

OBJECTS_OF_QUEUE = 6
"""Minimum number of objects that a queue counts as: its statistics take 0.8 KB."""


class ResponseShare:
    """What one virtual host takes of `RESPONSE_OBJECTS`."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._parts: Counter[str] = Counter()

    def reserve(self, part: str, objects: int) -> None:
        """Replace what a part of the statistics takes; raise `ResponseTooLarge` over the bound."""
        try:
            self._tenant.hold(RESPONSE_OBJECTS, objects - self._parts[part])
        except OverBudget as error:
            raise ResponseTooLarge(str(error)) from error
        self._parts[part] = objects

    def release(self) -> None:
        self._tenant.hold(RESPONSE_OBJECTS, -self._parts.total())
        self._parts.clear()
