"""What is remembered of the queues of a virtual host, within a bound of their namespace."""

from typing import Generic, TypeVar

from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import REMEMBERED_QUEUES, Tenant

V = TypeVar("V")


class QueueMemory(Generic[V]):
    """A value for each queue. One more than the bound replaces the value that was set first."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._values: dict[str, V] = {}
        self._is_closed = False

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def get(self, name: str) -> V | None:
        return self._values.get(name)

    def set(self, name: str, value: V) -> None:
        """Remember a value; raise `OverBudget` if other virtual hosts have all of the bound."""
        if name in self._values:
            del self._values[name]
        elif self._is_closed:  # by a read that was under way: nothing would release it
            return
        else:
            self._hold_one()
        self._values[name] = value

    def _hold_one(self) -> None:
        try:
            self._tenant.hold(REMEMBERED_QUEUES, 1)
        except OverBudget:
            if not self._values:
                raise
            del self._values[next(iter(self._values))]

    def forget(self, name: str) -> None:
        if name in self._values:
            del self._values[name]
            self._tenant.hold(REMEMBERED_QUEUES, -1)

    def close(self) -> None:
        self._is_closed = True
        self._tenant.hold(REMEMBERED_QUEUES, -len(self._values))
        self._values.clear()
