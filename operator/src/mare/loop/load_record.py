"""The messages that arrived at one object's queues in the last 24 hours, in counts of about 5 s.

The operator decides by the same counts, so that a simulation gets the bursts that the
decisions saw. Each hour is compressed: a day takes 2 kB without messages and 22 kB at 100
messages/s, 22 MB for 1,000 such objects. The record is in the memory of the leader alone.
"""

import zlib
from collections.abc import Iterator
from itertools import chain, repeat
from struct import Struct
from typing import NamedTuple

from mare.domain.arrivals import Count

SECONDS = 86_400
_ENTRY = Struct("<HI")
"""Whole seconds, and messages in them."""
_UNKNOWN = 0xFFFF_FFFF
"""Stands for the messages of a time in which none were counted."""
_LEAST_SECONDS = 4
"""Statistics of a broker that renews them sooner are added up; rounding makes 4 s of 5 s."""
_BLOCK_ENTRIES = 720
"""An hour of 5 s."""
_LONGEST = 0xFFFF


class Arrived(NamedTuple):
    """Messages that arrived within `seconds` from `at` on; None if they were not counted."""

    at: int
    seconds: int
    messages: int | None


class LoadRecord:
    """Entries without gaps: only the end of the last one is stored as a time."""

    __slots__ = ("_began", "_blocks", "_end", "_messages", "_newest", "_open", "_seconds")

    def __init__(self) -> None:
        self._blocks: list[tuple[int, bytes]] = []
        """The seconds of each block, and its compressed entries."""
        self._open = bytearray()
        self._began = self._end = 0
        """Begin and end of the counts, in whole seconds; 0 before the first one."""
        self._seconds = self._messages = 0
        """The count that is not long enough for an entry yet."""
        self._newest: Count | None = None

    def observe(self, counts: tuple[Count, ...]) -> None:
        """Add the newest count if it is not known yet."""
        if not counts or counts[-1] is self._newest:
            return
        new = self._newest = counts[-1]
        end, begin = round(new.end), round(new.end - new.seconds)
        if self._end == 0:
            self._began = self._end = begin
        if end <= self._end:
            return
        if begin > self._end + 1:  # 1 s may be rounding
            self._close()
            self._append(begin - self._end, _UNKNOWN)
            self._end = begin
        self._seconds += end - self._end
        self._messages += new.messages
        self._end = end
        if self._seconds >= _LEAST_SECONDS:
            self._close()

    def _close(self) -> None:
        """End the count that is being added up."""
        if self._seconds:
            self._append(self._seconds, min(self._messages, _UNKNOWN - 1))
        self._seconds = self._messages = 0

    def _append(self, seconds: int, messages: int) -> None:
        longest, rest = divmod(min(seconds, 2 * SECONDS), _LONGEST)
        for part in chain(repeat(_LONGEST, longest), [rest] if rest else ()):
            self._open += _ENTRY.pack(part, messages)
            messages = messages if messages == _UNKNOWN else 0
        if len(self._open) >= _BLOCK_ENTRIES * _ENTRY.size:
            seconds = sum(length for length, _ in _ENTRY.iter_unpack(self._open))
            self._blocks.append((seconds, _compressed(self._open)))
            self._open = bytearray()
            if sum(length for length, _ in self._blocks) - self._blocks[0][0] >= SECONDS:
                del self._blocks[0]

    def last(self, seconds: float = SECONDS) -> list[Arrived]:
        """Return what arrived in the last seconds, from the first count to the last one."""
        entries = list(self._entries())
        at = self._end - sum(length for length, _ in entries)
        found = []
        for length, messages in entries:
            if at >= self._end - seconds:
                found.append(Arrived(at, length, None if messages == _UNKNOWN else messages))
            at += length
        while found and found[0].messages is None:
            del found[0]
        return found

    @property
    def since(self) -> int | None:
        """When the record begins; None before the first count."""
        return max(self._began, self._end - SECONDS) if self._end else None

    def _entries(self) -> Iterator[tuple[int, int]]:
        for _, block in self._blocks:
            yield from _ENTRY.iter_unpack(_decompressed(block))
        yield from _ENTRY.iter_unpack(self._open)
        if self._seconds:
            yield self._seconds, self._messages


def _compressed(entries: bytes | bytearray) -> bytes:
    """Compress entries byte position by byte position, which takes a third less."""
    size = _ENTRY.size
    return zlib.compress(b"".join(entries[position::size] for position in range(size)))


def _decompressed(block: bytes) -> bytearray:
    columns, size = zlib.decompress(block), _ENTRY.size
    entries, rows = bytearray(len(columns)), len(columns) // size
    for position in range(size):
        entries[position::size] = columns[position * rows : (position + 1) * rows]
    return entries
