"""The last decisions of one object. Decisions in a row with one cause and no change are one entry.

A `Decision` with its trace takes some kilobytes. Past entries are kept as JSON, which is smaller.
"""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, fields

from mare.domain.clause import Clause
from mare.domain.decision import Decision
from mare.domain.reason import Reason

MAX_ENTRIES = 32


@dataclass(frozen=True, slots=True)
class DecisionLogEntry:
    """A change, or several decisions in a row that kept the replicas for the same reason."""

    at: float
    last: float
    """When the last of these decisions was made."""
    samples: int
    """Number of decisions."""
    current: int
    raw: int | None
    replicas: int
    reason: Reason
    limited_by: tuple[Reason, ...]
    message: str
    clauses: tuple[Clause, ...]

    def packed(self) -> bytes:
        *values, clauses = (getattr(self, each.name) for each in fields(self))
        values.append([(clause.code, clause.numbers) for clause in clauses])
        return json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()

    @classmethod
    def unpacked(cls, packed: bytes) -> "DecisionLogEntry":
        *values, reason, limits, message, clauses = json.loads(packed)
        texts = tuple(Clause(code, **numbers) for code, numbers in clauses)
        values += [Reason(reason), tuple(map(Reason, limits)), message, texts]
        return cls(*values)


class DecisionLog:
    __slots__ = ("_at", "_closed", "_decision", "_last", "_samples")

    def __init__(self) -> None:
        self._closed: deque[bytes] = deque(maxlen=MAX_ENTRIES - 1)
        self._decision: Decision | None = None
        self._at = self._last = 0.0
        self._samples = 0

    def add(self, at: float, decision: Decision) -> None:
        open_ = self._decision
        if open_ is not None and _cause(open_) == _cause(decision):
            self._samples += 1
        else:
            if open_ is not None:
                self._closed.append(self._entry(open_).packed())
            self._at, self._samples = at, 1
        self._decision, self._last = decision, at

    def newest_first(self) -> Iterator[DecisionLogEntry]:
        if self._decision is not None:
            yield self._entry(self._decision)
        for packed in reversed(self._closed):
            yield DecisionLogEntry.unpacked(packed)

    def _entry(self, decision: Decision) -> DecisionLogEntry:
        return DecisionLogEntry(
            at=self._at,
            last=self._last,
            samples=self._samples,
            current=decision.current,
            raw=decision.raw,
            replicas=decision.replicas,
            reason=decision.reason,
            limited_by=decision.limited_by,
            message=decision.message,
            clauses=decision.clauses,
        )


def _cause(decision: Decision) -> tuple[int, bool, bool, Reason]:
    """Return what the decisions of one entry have in common; a change alters `current`."""
    grows, shrinks = decision.replicas > decision.current, decision.replicas < decision.current
    return decision.current, grows, shrinks, decision.reason
