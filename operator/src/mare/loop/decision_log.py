"""The last decisions of one object. Decisions in a row with one cause and no change are one entry.

A `Decision` with its trace takes some kilobytes. Past entries are kept as JSON, which is smaller.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

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
    decision: Decision
    """The newest of these decisions, without its steps."""

    def packed(self) -> bytes:
        decision = self.decision
        clauses = [(clause.code, clause.numbers) for clause in decision.clauses]
        values = [
            *(self.at, self.last, self.samples),
            *(decision.current, decision.raw, decision.replicas),
            *(decision.reason, decision.limited_by, decision.message, clauses),
        ]
        return json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()

    @classmethod
    def unpacked(cls, packed: bytes) -> "DecisionLogEntry":
        values = json.loads(packed)
        at, last, samples, current, raw, replicas, reason, limits, message, clauses = values
        decision = Decision(
            current=current,
            raw=raw,
            desired=replicas,
            replicas=replicas,
            reason=Reason(reason),
            message=message,
            clauses=tuple(Clause(code, **numbers) for code, numbers in clauses),
            steps=(),
            limited_by=tuple(map(Reason, limits)),
        )
        return cls(at, last, samples, decision)


class DecisionLog:
    __slots__ = ("_closed", "_open")

    def __init__(self) -> None:
        self._closed: list[bytes] = []  # an empty deque takes 620 bytes
        self._open: DecisionLogEntry | None = None

    def add(self, at: float, decision: Decision) -> None:
        before = self._open
        if before is not None and _cause(before.decision) == _cause(decision):
            self._open = DecisionLogEntry(before.at, at, before.samples + 1, decision)
            return
        if before is not None:
            self._closed = [*self._closed[2 - MAX_ENTRIES :], before.packed()]
        self._open = DecisionLogEntry(at, at, 1, decision)

    def newest_first(self) -> Iterator[DecisionLogEntry]:
        if self._open is not None:
            yield replace(self._open, decision=replace(self._open.decision, steps=()))
        for packed in reversed(self._closed):
            yield DecisionLogEntry.unpacked(packed)


def _cause(decision: Decision) -> tuple[int, bool, bool, Reason | None]:
    """Return what the decisions of one entry have in common; a change alters `current`.

    A change that fails is stopped and tried in turn: both are one entry.
    """
    grows, shrinks = decision.desired > decision.current, decision.desired < decision.current
    reason = None if grows or shrinks else decision.reason
    return decision.current, grows, shrinks, reason
