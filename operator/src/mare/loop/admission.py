"""Which objects the loop takes: one over a bound of its namespace is not scaled, and says so."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from mare.background import Tasks
from mare.custom_resource.autoscaler import Autoscaler, Key, read_autoscaler
from mare.custom_resource.conditions import refused_conditions
from mare.custom_resource.status import conditions_status
from mare.domain.unknown import Unknown
from mare.loop.object_places import ObjectPlaces, Place
from mare.ports import DecisionClock, Leadership, NotFound, Objects
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import STATUS_WRITES, WORKLOAD_READS, TenantScheduler

RETRY_SECONDS = 30.0
_LARGE = 8_192
"""Characters of a spec from which on it counts as another object; most have 500 to 2,000."""
_log = logging.getLogger(__name__)


class _Refused(NamedTuple):
    uid: str
    place: Place
    why: Unknown | None
    """Why the object was refused, until its status shows it; then None."""


@dataclass(eq=False)
class Admission:
    """Counts objects, and reads refused ones again until there is room or they are deleted."""

    put: Callable[[Autoscaler], None]
    """Takes an object that was read again."""
    drop: Callable[[Key], Autoscaler]
    """Ends the scaling of an object, and returns it with its status."""
    places: ObjectPlaces
    objects: Objects
    leadership: Leadership
    clock: DecisionClock
    scheduler: TenantScheduler
    operator: str = ""
    """Names this operator in statuses: the status of an object of another one is left alone."""

    def __post_init__(self) -> None:
        self._refused: defaultdict[str, dict[Key, _Refused]] = defaultdict(dict)
        """By namespace."""
        self._tasks = Tasks()

    @property
    def refused(self) -> int:
        return sum(map(len, self._refused.values()))

    def takes(self, autoscaler: Autoscaler) -> bool:
        """Count an object or its change; return False if it is over the bound."""
        place = self._place(autoscaler)
        error = self.places.take(place)
        if error is not None:
            self.places.release(place.key)
            self._refuse(autoscaler, error.why)
            return False
        self._forget(place.key)
        return True

    def _place(self, autoscaler: Autoscaler) -> Place:
        units = 1 + autoscaler.characters // _LARGE
        return Place(autoscaler.created, autoscaler.key, units, self._leave)

    def _leave(self, key: Key, error: OverBudget) -> None:
        self._refuse(self.drop(key), error.why)

    def remove(self, key: Key, uid: str) -> None:
        """Forget an object, but no other one that was refused and has its name now."""
        self.places.release(key)
        self._forget(key, uid)

    async def close(self) -> None:
        await self._tasks.cancel()

    def _forget(self, key: Key, uid: str | None = None) -> None:
        namespace, _ = key
        refused = self._refused.get(namespace, {})
        if key in refused and uid in {None, refused[key].uid}:
            del refused[key]

    def _refuse(self, autoscaler: Autoscaler, why: Unknown) -> None:
        key = autoscaler.key
        if key.namespace not in self._refused:
            _log.warning("Objects are refused", extra={"why": why.cause})
            self._tasks.start(self._retry_all(key.namespace))
        acting = autoscaler.status.get("operator") or self.operator
        is_others = bool(self.operator) and acting != self.operator
        unshown = None if is_others or _shows(autoscaler, why) else why
        refused = _Refused(autoscaler.uid, self._place(autoscaler), unshown)
        self._refused[key.namespace][key] = refused

    async def _retry_all(self, namespace: str) -> None:
        """Report the refused objects of a namespace, and take them once there is room."""
        refused = self._refused[namespace]
        while refused:
            with suppress(OverBudget):
                without_room: Place | None = None
                for key, (_, place, why) in sorted(refused.items(), key=_by_turn):
                    if why is None or not self.leadership():
                        if _needs_as_much(place, without_room):
                            continue
                        await asyncio.sleep(0)  # `has_room` takes up to 8 ms
                        if key not in refused:  # `has_room` would move it in, and it is scaled now
                            continue
                        if not self.places.has_room(place):
                            without_room = place
                            continue
                    if key in refused:  # not deleted meanwhile
                        await self._retry(key)
            await asyncio.sleep(RETRY_SECONDS)
        del self._refused[namespace]

    async def _retry(self, key: Key) -> None:
        try:
            async with self.scheduler.turn(WORKLOAD_READS, key.namespace):
                autoscaler = read_autoscaler(await self.objects.read(key))
            self.put(autoscaler)
            if self._unreported(autoscaler):
                async with self.scheduler.turn(STATUS_WRITES, key.namespace):
                    await self._report(autoscaler)
        except NotFound:
            self._forget(key)
        except OverBudget:
            raise
        except Exception as error:  # noqa: BLE001 - the others must be tried, and this one again
            _log.warning("Refused object", extra={"object": key, "error": str(error)[:512]})

    def _is_refused(self, autoscaler: Autoscaler) -> bool:
        refused = self._refused[autoscaler.key.namespace].get(autoscaler.key)
        return refused is not None and refused.uid == autoscaler.uid

    def _unreported(self, autoscaler: Autoscaler) -> Unknown | None:
        """Return why an object is refused, if this replica has to report it."""
        if not self.leadership() or not self._is_refused(autoscaler):
            return None
        return self._refused[autoscaler.key.namespace][autoscaler.key].why

    async def _report(self, autoscaler: Autoscaler) -> None:
        why = self._unreported(autoscaler)
        if why is None:
            return  # it was taken or deleted while this waited
        now = self.clock() + self.clock.offset
        conditions = refused_conditions(autoscaler.spec, why)
        shown = conditions_status(conditions, autoscaler, autoscaler.status, now)
        await self.objects.write_status(autoscaler, autoscaler.version, {"conditions": shown})
        if self.leadership() and self._is_refused(autoscaler):
            await self.objects.publish_event(autoscaler, "Warning", why.reason, why.cause)
        if self._is_refused(autoscaler):
            refused = self._refused[autoscaler.key.namespace]
            refused[autoscaler.key] = refused[autoscaler.key]._replace(why=None)


def _by_turn(refused: tuple[Key, _Refused]) -> tuple[bool, tuple[str, Key]]:
    """Order those first that do not know it, and then by age."""
    _, (_, place, why) = refused
    return why is None, place.age


def _needs_as_much(place: Place, other: Place | None) -> bool:
    """Return whether there is no room for a place if there is none for the other one."""
    return other is not None and place.age >= other.age and place.units >= other.units


def _shows(autoscaler: Autoscaler, why: Unknown) -> bool:
    conditions = autoscaler.status.get("conditions", ())
    return any((e["type"], e["reason"]) == ("AbleToScale", why.reason) for e in conditions)
