"""Which objects have a place, of those that all namespaces may have together.

Where room is missing, the newest object goes of the namespace that has most. So it does not matter
in which order objects come: a new leader lists them by namespace and name, and otherwise 4,000
objects of namespace `a` would leave 64 places to namespace `z`.
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from mare.custom_resource.autoscaler import Key
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import OBJECTS, TenantScheduler


class Place(NamedTuple):
    """The place of one object."""

    created: str
    """As in the metadata of the object: in whole seconds."""
    key: Key
    units: int
    leave: Callable[[Key, OverBudget], None]
    """Called when the object has to make room for another one."""

    @property
    def age(self) -> tuple[str, Key]:
        """That of a newer object is greater."""
        return self.created, self.key


class ObjectPlaces:
    """The places of all shards of an operator."""

    def __init__(self, scheduler: TenantScheduler, most_of_namespace: int) -> None:
        self._scheduler = scheduler
        self._stock = replace(OBJECTS, of_namespace=max(OBJECTS.reserved, most_of_namespace))
        self._taken: dict[Key, Place] = {}
        self._by_age: defaultdict[str, list[Place]] = defaultdict(list)
        """Those of each namespace. A large object, which counts as 118, can displace as many."""
        self._units: Counter[str] = Counter()

    def take(self, place: Place) -> OverBudget | None:
        """Take a place, or another number of units; return why there is no room.

        Objects leave if that is enough for this one.
        """
        displaced = self._move_in(place)
        if isinstance(displaced, OverBudget):
            return displaced
        for each, error in displaced:
            each.leave(each.key, error.of(each.key.namespace))
        return None

    def has_room(self, place: Place) -> bool:
        """Return whether an object that has no place would get it."""
        displaced = self._move_in(place)
        if isinstance(displaced, OverBudget):
            return False
        self.release(place.key)
        self._move_back(displaced)
        return True

    def release(self, key: Key) -> None:
        if key not in self._taken:
            return
        namespace, _ = key
        place = self._remove(key)
        self._scheduler.hold(self._stock, namespace, -place.units)
        self._units[namespace] -= place.units
        if not self._by_age[namespace]:
            del self._by_age[namespace], self._units[namespace]

    def _remove(self, key: Key) -> Place:
        place = self._taken.pop(key)
        places = self._by_age[place.key.namespace]
        del places[bisect_left(places, place)]
        return place

    def _move_in(self, place: Place) -> Sequence[tuple[Place, OverBudget]] | OverBudget:
        """Take a place; return the objects that made room, or why there is none."""
        displaced: list[tuple[Place, OverBudget]] = []
        while (error := self._count(place)) is not None:
            newest = self._displaced_by(place)
            if newest is None:
                self._move_back(displaced)
                return error
            self.release(newest.key)
            displaced.append((newest, error))
        return displaced

    def _move_back(self, displaced: Sequence[tuple[Place, OverBudget]]) -> None:
        for place, _ in displaced:
            self._count(place)

    def _count(self, place: Place) -> OverBudget | None:
        namespace = place.key.namespace
        more = self._more(place)
        try:
            self._scheduler.hold(self._stock, namespace, more)
        except OverBudget as error:
            return error
        if place.key in self._taken:
            self._remove(place.key)
        self._taken[place.key] = place
        insort(self._by_age[namespace], place)
        self._units[namespace] += more
        return None

    def _displaced_by(self, place: Place) -> Place | None:
        """Return the next object that makes room for another one; None if none does.

        It is the newest one of the largest namespace, if that stays as large as the other's
        becomes. Otherwise it is the newest one of the same namespace, if it is newer.
        """
        namespace = place.key.namespace
        own = self._units[namespace] + self._more(place)
        largest = max(self._units, key=self._units.__getitem__, default=namespace)
        if own <= self._stock.of_namespace and largest != namespace:
            newest = self._by_age[largest][-1]
            if self._units[largest] - newest.units >= own:
                return newest
        newest = self._by_age[namespace][-1] if namespace in self._by_age else place
        return newest if newest.age > place.age else None

    def _more(self, place: Place) -> int:
        """Return the units that an object needs beyond those that it has."""
        before = self._taken.get(place.key)
        return place.units - (before.units if before else 0)
