"""Lines in which the work of namespaces waits for its turn; `tenant_scheduler` has the bounds."""

import asyncio
import math
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass

from mare.domain.unknown import Unknown
from mare.ports import Unavailable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Work:
    """A kind of work and its bounds. Each is a key by its identity."""

    name: str
    """A plural, for sentences."""
    places: int
    """Pieces that are done at the same time, for all namespaces together."""
    of_namespace: int
    """The same for one namespace."""
    waiting: int = 4_096
    """Pieces of one namespace that wait for a place."""
    seconds: float | None = None
    """Deadline of one piece, from its turn on."""
    burst: float = math.inf
    """What a namespace may spend at once, in pieces or in seconds of processor time."""
    per_second: float = math.inf
    """What it may spend over time."""


@dataclass(frozen=True, slots=True)
class Stock:
    """Something that a namespace holds for longer than a piece of work, up to a bound."""

    name: str
    of_namespace: int
    """Less than `reserved` and `shared` together, so that one namespace leaves others a part."""
    reserved: int = 0
    """What each namespace may hold whatever the others do."""
    shared: float = math.inf
    """What all namespaces together hold beyond their reserved parts, with `USUAL_MEMORY`."""
    bytes_each: int = 0


class OverBudget(Unavailable):
    """A namespace has used up a bound; a later attempt can succeed."""

    def __init__(self, what: Work | Stock, namespace: str, *, is_shared: bool = False) -> None:
        """`is_shared`: the namespace is below its own bound, but others have the shared part."""
        cause = f"namespace {namespace} is over its limit of {what.name}"
        if isinstance(what, Stock):
            cause += f", {what.of_namespace:,}"
        if isinstance(what, Stock) and is_shared:
            cause = f"all namespaces together are over their limit of {what.name}"
            cause += f"; namespace {namespace} may have {what.reserved:,}"
        super().__init__(cause)
        self.why = Unknown("NamespaceBudgetExceeded", cause, namespace)
        self.what, self.is_shared = what, is_shared

    def of(self, namespace: str) -> "OverBudget":
        """Return the same for another namespace."""
        return OverBudget(self.what, namespace, is_shared=self.is_shared)


class Lines:
    """One kind of work: a line of waiting pieces for each namespace."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._running: Counter[str] = Counter()
        self._free = work.places
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        """The namespace whose turn is next comes first."""
        self._spent: dict[str, tuple[float, float]] = {}
        """What a namespace has spent, and when that was computed, the newest last."""

    async def enter(self, namespace: str, cost: float) -> None:
        if self._spent and self._spent_by(namespace) + cost > self._work.burst:
            raise OverBudget(self._work, namespace)
        line = self._waiting.get(namespace, ())
        is_free = not line and self._has_place(namespace)
        if not is_free and len(line) >= self._work.waiting:
            raise OverBudget(self._work, namespace)
        self.spend(namespace, cost)
        if is_free:
            self._take(namespace)
            return
        await self._wait(namespace)
        if self._spent_by(namespace) > self._work.burst:  # by the work before it in the line
            self.leave(namespace)
            raise OverBudget(self._work, namespace)

    async def _wait(self, namespace: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(namespace, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(namespace, turn)
            else:
                self.leave(namespace)
            raise

    def waiting(self, namespace: str) -> int:
        return len(self._waiting.get(namespace, ()))

    def _take(self, namespace: str) -> None:
        self._running[namespace] += 1
        self._free -= 1

    def leave(self, namespace: str) -> None:
        self._running[namespace] -= 1
        self._free += 1
        if not self._running[namespace]:
            del self._running[namespace]
        if self._waiting:
            self._start_next()

    def _start_next(self) -> None:
        """Start all that can: a place that is left lets its namespace and another one start."""
        while self._free and any(
            self._has_place(each) and self._start(each) for each in list(self._waiting)
        ):
            pass

    def _has_place(self, namespace: str) -> bool:
        """Return whether a place is free, and more of them than the namespace has.

        So each further namespace takes half of what is left at most: 9 namespaces that hang leave
        some of 256 places to others, and 4 of them had all when each could take 64.
        """
        return self._running.get(namespace, 0) < min(self._free, self._work.of_namespace)

    def _start(self, namespace: str) -> bool:
        """Give the place to the first piece in a line, and put the line behind the others."""
        line = self._waiting.pop(namespace)
        while line:
            turn = line.popleft()
            if not turn.done():
                self._take(namespace)
                turn.set_result(None)
                if line:
                    self._waiting[namespace] = line
                return True
        return False

    def _forget(self, namespace: str, turn: asyncio.Future[None]) -> None:
        line = self._waiting.get(namespace, deque())
        with suppress(ValueError):
            line.remove(turn)
        if not line:
            self._waiting.pop(namespace, None)

    def spend(self, namespace: str, cost: float) -> None:
        if self._work.burst < math.inf:
            spent = self._spent_by(namespace) + cost
            self._spent.pop(namespace, None)
            self._spent[namespace] = spent, asyncio.get_running_loop().time()
            self._spent_by(next(iter(self._spent)))  # forgets a namespace that may be deleted

    def seconds_until_allowed(self, namespace: str) -> float:
        excess = self._spent_by(namespace) - self._work.burst
        return excess / self._work.per_second if excess > 0 else 0.0

    def _spent_by(self, namespace: str) -> float:
        spent, at = self._spent.get(namespace, (0.0, 0.0))
        if not spent:
            return 0.0
        passed = asyncio.get_running_loop().time() - at
        left = spent - passed * self._work.per_second
        if left <= 0:
            del self._spent[namespace]
        return max(0.0, left)
