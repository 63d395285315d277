"""What everybody sees of all objects, made at most once a second for all of them together.

Each object's part is kept as JSON, with the tick at which it last changed: who comes back with the
last tick that he saw is given what changed since.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mare.custom_resource.autoscaler import Key
from mare.dashboard.serialize import Json, encode_json
from mare.dashboard.summary import order, summary
from mare.loop.record import Record
from mare.ports import Clock

_SECONDS = 1.0
_UNSEEN_SECONDS = 60.0
"""Time without a visitor after which everything is forgotten."""
_BATCH = 50
"""Objects after which others get a turn: a few milliseconds."""
_REMOVED = 1024
_TIMED = ("depth", "ready", "unacknowledged", "wait", "publishRate", "ackRate", "drain")


@dataclass(slots=True)
class _Part:
    """One object."""

    tick: int
    fingerprint: int
    order: tuple[int, str, str]
    text: str


class Snapshot:
    def __init__(self, record: Record, operator_status: Callable[[], Json], clock: Clock) -> None:
        self._record = record
        self._operator_status = operator_status
        self._clock = clock
        self._parts: dict[Key, _Part] = {}
        self._removed: deque[tuple[int, Key]] = deque(maxlen=_REMOVED)
        self._floor = 0
        """What is older than this tick is not known any more."""
        self._operator = ""
        self._refreshing = asyncio.Lock()
        self.tick = 0
        self.at = 0.0

    def forget(self) -> None:
        """Have everybody begin anew: another replica may have acted meanwhile."""
        self.at = -math.inf

    async def refresh(self) -> None:
        """Look again, unless that was done within the last second."""
        async with self._refreshing:
            now = self._clock()
            if 0 <= now - self.at < _SECONDS:
                return
            tick = max(self.tick + 1, int(now))
            if now - self.at > _UNSEEN_SECONDS or now < self.at:
                self._parts.clear()
                self._removed.clear()
                self._floor = tick
            changed = await self._look(tick, now)
            operator = encode_json(self._operator_status())
            if changed or operator != self._operator:
                self.tick, self._operator = tick, operator
            self.at = now

    async def _look(self, tick: int, now: float) -> bool:
        changed = False
        for number, key in enumerate(list(self._record.histories)):
            if number % _BATCH == _BATCH - 1:
                await asyncio.sleep(0)
            past = self._record.histories.get(key)
            if past is None:
                continue
            told = summary(past, now)
            fingerprint = _fingerprint(told)
            part = self._parts.get(key)
            if part is None or part.fingerprint != fingerprint:
                self._parts[key] = _Part(tick, fingerprint, order(told), encode_json(told))
                changed = True
        for key in self._parts.keys() - self._record.histories.keys():
            del self._parts[key]
            if len(self._removed) == _REMOVED:
                self._floor = self._removed[0][0] + 1
            self._removed.append((tick, key))
            changed = True
        return changed

    def state(self, namespace: str | None = None) -> str:
        """Everything, as JSON."""
        parts = sorted(self._of(namespace), key=lambda part: part.order)
        return self._message("objects", parts) + "}"

    def changes(self, since: int, namespace: str | None = None) -> str | None:
        """What changed after a tick, as JSON; None if that tick is too long ago."""
        if not self._floor <= since <= self.tick:
            return None
        parts = [part for part in self._of(namespace) if part.tick > since]
        removed = [
            {"namespace": key.namespace, "name": key.name}
            for tick, key in self._removed
            if tick > since and namespace in {None, key.namespace}
        ]
        return f'{self._message("changed", parts)},"removed":{encode_json(removed)}}}'

    def _message(self, name: str, parts: list[_Part]) -> str:
        texts = ",".join(part.text for part in parts)
        at = round(self.at, 3)
        head = f'{{"tick":{self.tick},"at":{at},"operator":{self._operator}'
        return f'{head},"{name}":[{texts}]'

    def _of(self, namespace: str | None) -> Iterator[_Part]:
        for key, part in self._parts.items():
            if namespace in {None, key.namespace}:
                yield part


def _fingerprint(told: Json) -> int:
    """Equal if nothing but the time of the readings differs."""
    values = {**told}
    for name in _TIMED:
        if told["fresh"]:
            values[name] = {**told[name], "at": None}
    return hash(encode_json(values))
