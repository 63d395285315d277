"""Answers that are worth keeping, asked for by one caller at a time."""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from cachetools import TLRUCache

from services.contract.errors import ServiceError, SourceUnavailable
from services.upstream import failures, metrics
from services.upstream.budget import Budget, Clock

LONGEST_OUTAGE_MEMORY = 5.0
"""Seconds; for longer outages there are breakers, which notice the end of them."""

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Cached(Generic[Value]):
    """A value, its age in seconds, and whether it has outlived its life."""

    value: Value
    age: float
    stale: bool


@dataclass(frozen=True, slots=True)
class _Held(Generic[Value]):
    """A value, fresh or standing in for one that could not be renewed."""

    value: Value
    loaded_at: float
    ask_again_at: float
    gone_at: float


@dataclass(frozen=True, slots=True)
class _Failed:
    """An error that is not worth provoking again yet."""

    error: ServiceError
    gone_at: float

    @property
    def ask_again_at(self) -> float:
        return self.gone_at


class Cache(Generic[Key, Value]):
    """A bounded cache; the least recently used entry goes first.

    Args:
        name: a label for metrics.
        life: seconds a value is fresh.
        stale_life: seconds beyond it during which it stands in for a source that fails.
        negative_life: seconds an error is remembered, so that nobody asks again at once; five at
            most if it is an outage, because those end.
        size: entries.
    """

    def __init__(
        self,
        name: str,
        *,
        life: float,
        stale_life: float,
        negative_life: float,
        size: int,
        clock: Clock = time.monotonic,
    ) -> None:
        self._name = name
        self._life = life
        self._stale_life = stale_life
        self._negative_life = negative_life
        self._clock = clock
        self._lock = threading.Lock()
        self._loading: dict[Key, Future[_Held[Value] | _Failed]] = {}
        self._entries: TLRUCache[Key, _Held[Value] | _Failed] = TLRUCache(
            size, ttu=lambda _key, entry, _now: entry.gone_at, timer=clock
        )

    def get(self, key: Key, load: Callable[[], Value], budget: Budget) -> Cached[Value]:
        """Return the value of ``key``, loading it unless it is fresh.

        Callers who come while another one loads wait for that result, within their budget.

        Raises:
            ServiceError: as ``load`` raised it, now or less than ``negative_life`` ago, if no
                stale value stands in for it.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and self._clock() < entry.ask_again_at:
                return self._told(entry, "kept")
            shared = self._loading.get(key)
            if shared is None:
                own = self._loading[key] = Future()
        if shared is None:
            return self._told(self._load(key, load, entry, own), "loaded")
        try:
            return self._told(shared.result(budget.left()), "shared")
        except TimeoutError:
            raise failures.timed_out(self._name) from None

    def _load(
        self,
        key: Key,
        load: Callable[[], Value],
        old: _Held[Value] | _Failed | None,
        future: "Future[_Held[Value] | _Failed]",
    ) -> _Held[Value] | _Failed:
        try:
            entry = self._renewed(load, old)
        except BaseException:
            # Those who wait must learn of it, even if it is the end of this green thread.
            future.set_exception(failures.timed_out(self._name))
            raise
        else:
            future.set_result(entry)
            return entry
        finally:
            with self._lock:
                del self._loading[key]
                if future.exception() is None:
                    self._entries[key] = future.result()

    def _renewed(
        self, load: Callable[[], Value], old: _Held[Value] | _Failed | None
    ) -> _Held[Value] | _Failed:
        try:
            value = load()
        except ServiceError as error:
            now = self._clock()
            if not isinstance(error, SourceUnavailable):
                return _Failed(error, gone_at=now + self._negative_life)
            again = now + min(self._negative_life, LONGEST_OUTAGE_MEMORY)
            if isinstance(old, _Held):
                return replace(old, ask_again_at=again)
            return _Failed(error, gone_at=again)
        now = self._clock()
        return _Held(value, now, now + self._life, now + self._life + self._stale_life)

    def _told(self, entry: _Held[Value] | _Failed, how: str) -> Cached[Value]:
        if isinstance(entry, _Failed):
            metrics.LOOKUPS.labels(self._name, f"{how}-error").inc()
            raise type(entry.error)(entry.error.detail, entry.error.extra)
        age = self._clock() - entry.loaded_at
        stale = age >= self._life
        metrics.LOOKUPS.labels(self._name, f"{how}-stale" if stale else how).inc()
        return Cached(entry.value, age, stale)
