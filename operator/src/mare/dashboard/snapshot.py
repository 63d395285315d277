"""All objects as every visitor sees them, made at most once a second for all visitors together.

Each object is kept as JSON with the tick of its last change, so that a stream sends only what
changed since its last message.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mare.custom_resource.autoscaler import Key
from mare.dashboard.serialize import Json, encode_json
from mare.dashboard.summary import summary
from mare.loop.record import ReadableRecord
from mare.ports import Clock

_SECONDS = 1.0
_IDLE_SECONDS = 60.0
"""Time without a visitor after which all kept objects are dropped."""
_BATCH = 50
"""Objects serialized before the event loop gets a turn: a few milliseconds."""
_REMOVED = 1024
_READINGS = ("depth", "ready", "unacknowledged", "wait", "publishRate", "ackRate", "drain")


@dataclass(slots=True)
class _Entry:
    tick: int
    fingerprint: int
    text: str


class Snapshot:
    def __init__(
        self, record: ReadableRecord, operator_status: Callable[[], Json], clock: Clock
    ) -> None:
        self._record = record
        self._operator_status = operator_status
        self._clock = clock
        self._entries: dict[Key, _Entry] = {}
        self._removed: deque[tuple[int, Key]] = deque(maxlen=_REMOVED)
        self._floor = 0
        """Changes before this tick are not known."""
        self._operator = ""
        self._refreshing = asyncio.Lock()
        self.tick = 0
        self.at = 0.0

    def forget(self) -> None:
        """Make every visitor start from a full state: another replica was the leader meanwhile."""
        self.at = -math.inf

    async def refresh(self) -> None:
        """Read the record again, unless that was done within the last second."""
        async with self._refreshing:
            now = self._clock()
            if 0 <= now - self.at < _SECONDS:
                return
            tick = self.tick + 1
            if now - self.at > _IDLE_SECONDS or now < self.at:
                self._entries.clear()
                self._removed.clear()
                self._floor = tick
            changed = await self._read(tick, now)
            operator = encode_json(self._operator_status())
            if changed or operator != self._operator:
                self.tick, self._operator = tick, operator
            self.at = now

    async def _read(self, tick: int, now: float) -> bool:
        changed = False
        for number, key in enumerate(list(self._record.histories)):
            if number % _BATCH == _BATCH - 1:
                await asyncio.sleep(0)
            history = self._record.histories.get(key)
            if history is None:
                continue
            row = summary(history, now)
            fingerprint = _fingerprint(row)
            entry = self._entries.get(key)
            if entry is None or entry.fingerprint != fingerprint:
                self._entries[key] = _Entry(tick, fingerprint, encode_json(row))
                changed = True
        for key in self._entries.keys() - self._record.histories.keys():
            del self._entries[key]
            if len(self._removed) == _REMOVED:
                self._floor = self._removed[0][0] + 1
            self._removed.append((tick, key))
            changed = True
        return changed

    def state(self) -> str:
        return self._message("objects", self._entries.values()) + "}"

    def changes(self, since: int) -> str | None:
        """Changes after a tick, as JSON; None if that tick is too old."""
        if not self._floor <= since <= self.tick:
            return None
        entries = [entry for entry in self._entries.values() if entry.tick > since]
        removed = [
            {"namespace": key.namespace, "name": key.name}
            for tick, key in self._removed
            if tick > since
        ]
        return f'{self._message("changed", entries)},"removed":{encode_json(removed)}}}'

    def _message(self, name: str, entries: Iterable[_Entry]) -> str:
        texts = ",".join(entry.text for entry in entries)
        return f'{{"at":{round(self.at, 3)},"operator":{self._operator},"{name}":[{texts}]'


def _fingerprint(row: Json) -> int:
    """Return a hash without the times of readings, while these are fresh."""
    values = {**row}
    for name in _READINGS:
        if row["fresh"]:
            values[name] = {**row[name], "at": None}
    return hash(encode_json(values))
