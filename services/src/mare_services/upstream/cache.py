"""A cache that loads each key once for all concurrent callers."""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import KW_ONLY, dataclass, replace
from functools import partial
from typing import Generic, TypeVar

from cachetools import TLRUCache

from mare_services.contract.errors import ServiceError, SourceUnavailable
from mare_services.upstream import failures, metrics
from mare_services.upstream.budget import Budget, Clock
from mare_services.upstream.guarded import Spawn

MAX_OUTAGE_LIFE = 5.0
"""Seconds for which an outage is cached. Longer outages open breakers, which notice their end."""

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Cached(Generic[Value]):
    """A value, and whether it is older than its life."""

    value: Value
    stale: bool


@dataclass(frozen=True, slots=True)
class _Entry(Generic[Value]):
    """A value, fresh or used while its source fails; or the error of its source."""

    value: Value | ServiceError
    ask_again_at: float
    gone_at: float
    stale_at: float = 0.0


@dataclass(eq=False)
class Cache(Generic[Key, Value]):
    """A bounded cache that evicts the least recently used entry.

    Attributes:
        name: a label for metrics.
        life: seconds for which a value is fresh.
        stale_life: seconds after that in which it is used if its source fails.
        negative_life: seconds for which an error is cached; an outage for at most 5 s.
        size: number of entries.
        spawn: runs a load in the background, so that it continues when its caller has no time
            left. By default the caller runs it.
        is_stopgap: whether a value replaces a better one; it is cached no longer than an error.
    """

    name: str
    _: KW_ONLY
    life: float
    stale_life: float
    negative_life: float
    size: int
    spawn: Spawn = lambda work: work()
    is_stopgap: Callable[[Value], bool] = lambda _: False
    clock: Clock = time.monotonic

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._loading: dict[Key, Future[_Entry[Value]]] = {}
        self._entries: TLRUCache[Key, _Entry[Value]] = TLRUCache(
            self.size, ttu=lambda _key, entry, _now: entry.gone_at, timer=self.clock
        )

    def get(self, key: Key, load: Callable[[], Value], budget: Budget) -> Cached[Value]:
        """Return the value of ``key``, loading it unless it is fresh.

        Concurrent callers wait for one load, each within its own ``budget``. The budget does not
        bound the load. A caller whose budget ends first gets the stale value, if there is one.

        Raises:
            ServiceError: the error of ``load``, now or cached, if there is no stale value.
            SourceTimedOut: the budget ends before there is a result.
            BaseException: any other error of ``load``. It is not cached: the callers that waited
                load the value themselves.
        """
        while True:
            with self._lock:
                entry = self._entries.get(key)
                if entry is not None and self.clock() < entry.ask_again_at:
                    return self._value_or_error(entry, "kept")
                loading = self._loading.get(key)
                is_first = loading is None
                if loading is None:
                    loading = self._loading[key] = Future()
            if is_first:
                self.spawn(partial(self._load, key, load, entry, loading))
            try:
                error = loading.exception(budget.left())
            except TimeoutError:
                return self._cached(entry)
            if error is None or is_first:
                return self._value_or_error(loading.result(), "loaded" if is_first else "shared")

    def peek(self, key: Key) -> Cached[Value]:
        """Return the value of ``key``, fresh or stale, without loading it, or raise its error."""
        with self._lock:
            entry = self._entries.get(key)
        return self._cached(entry)

    def _cached(self, entry: _Entry[Value] | None) -> Cached[Value]:
        if entry is None:
            raise failures.timed_out(self.name)
        return self._value_or_error(entry, "kept")

    def _load(
        self,
        key: Key,
        load: Callable[[], Value],
        old: _Entry[Value] | None,
        loading: "Future[_Entry[Value]]",
    ) -> None:
        try:
            entry = self._renewed(load, old)
        except BaseException as error:  # noqa: BLE001  the waiting callers raise it
            with self._lock:
                del self._loading[key]
            loading.set_exception(error)
        else:
            with self._lock:
                del self._loading[key]
                self._entries[key] = entry
            loading.set_result(entry)

    def _renewed(self, load: Callable[[], Value], old: _Entry[Value] | None) -> _Entry[Value]:
        try:
            value = load()
        except ServiceError as error:
            is_outage = isinstance(error, SourceUnavailable)
            life = min(self.negative_life, MAX_OUTAGE_LIFE) if is_outage else self.negative_life
            again = self.clock() + life
            if is_outage and old is not None and not isinstance(old.value, ServiceError):
                return replace(old, ask_again_at=again)
            return _Entry(error, again, again)
        life = self.life
        if self.is_stopgap(value):
            life = min(life, self.negative_life)
        stale_at = self.clock() + life
        return _Entry(value, stale_at, stale_at + self.stale_life, stale_at)

    def _value_or_error(self, entry: _Entry[Value], how: str) -> Cached[Value]:
        value = entry.value
        if isinstance(value, ServiceError):
            metrics.LOOKUPS.labels(self.name, f"{how}-error").inc()
            raise type(value)(value.detail, value.extra)
        stale = self.clock() >= entry.stale_at
        metrics.LOOKUPS.labels(self.name, f"{how}-stale" if stale else how).inc()
        return Cached(value, stale)
