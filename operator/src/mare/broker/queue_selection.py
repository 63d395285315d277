"""The queues of an object: by name, by pattern and by Nameko's naming rules."""

import asyncio
import re
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from itertools import islice

from mare.custom_resource.autoscaler import Autoscaler, QueueEntry
from mare.domain.unknown import Unknown
from mare.ports import Clock
from mare.tenant_lines import OverBudget
from mare.tenant_scheduler import PATTERNS, Tenant

MAX_QUEUES_OF_OBJECT = 2_000
MAX_DECLARED = 256
"""Queues of an object that are read by passive declare; the status has room for as many."""
_MAX_MATCHING_SECONDS = 0.5
"""Processor time for one object. 32 usual patterns and 30,000 names take 0.3 s."""
_BATCH = 250
"""Matches before other tasks run. One takes 0.3 µs usually, 50 µs for the slowest pattern."""
_OVER_LIMIT_SECONDS = 60.0
"""After which a query over a limit is matched again, if the names have changed."""
_MAX_QUERIES = 4_096
"""Results that are kept. A changed object has another query."""
_MAX_MATCHES_OF_QUEUE = 10
"""Results with each queue, on average: 4,096 results with 2,000 queues take 1 GB."""
_PROCESS_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

TOO_MANY_QUEUES = Unknown(
    "TooManyQueues", f"the object selects more than the limit of {MAX_QUEUES_OF_OBJECT:,} queues"
)
PATTERNS_TOO_SLOW = Unknown(
    "PatternsTooSlow",
    f"matching its patterns takes over {_MAX_MATCHING_SECONDS} s of processor time",
)

Matches = Mapping[str, tuple[str, ...]]
"""Queues, each with the entries of spec.queues that select it."""


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> "re.Pattern[str]":
    """Return a regular expression for a pattern in which * and ? are special, but brackets are not.

    In a pattern of fnmatch, text between two * matches at its first place only. With backtracking
    to all places, a name of 255 characters could take years. One takes up to 1.6 ms and 6 KB.
    """
    return re.compile(translate(pattern.replace("[", "[[]")))


def is_service_queue(service: str, name: str) -> bool:
    """Return whether a Nameko queue of the service has the name: rpc-X or evt-...--X.Y."""
    if not name.startswith("evt-"):
        return name == f"rpc-{service}"
    _, separator, handler = name.partition("--")
    return bool(separator) and handler.startswith(f"{service}.")


def is_of_one_process(name: str) -> bool:
    """Return whether only one process consumes the queue, by its name.

    So Nameko names queues of broadcast handlers and of replies. A reply queue of Celery is an id.
    """
    before = next((name[:-n] for n in (32, 36) if _PROCESS_ID.fullmatch(name[-n:])), None)
    if not before:
        return before == ""
    is_event = before.startswith("evt-") and "--" in before
    return before.endswith("-") and (is_event or before.startswith("rpc.reply-"))


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """What an object selects in one virtual host."""

    names: tuple[str, ...]
    patterns: tuple[str, ...]
    service: str | None

    @property
    def entries(self) -> tuple[str, ...]:
        """All names and patterns, and the service."""
        return (*self.names, *self.patterns, *((self.service,) if self.service else ()))

    @property
    def needs_names(self) -> bool:
        return self.service is not None or bool(self.patterns)

    def matches(
        self, names: Collection[str], compiled: "Mapping[str, re.Pattern[str]]"
    ) -> dict[str, tuple[str, ...]]:
        """The `names` that the object selects, with the entries that select each of them."""
        found: dict[str, tuple[str, ...]] = {n: (n,) for n in set(self.names).intersection(names)}
        if self.service is not None:
            found |= {n: found.get(n, ()) for n in names if is_service_queue(self.service, n)}
        for pattern, expression in compiled.items():
            for name in filter(expression.fullmatch, names):
                found[name] = (*found.get(name, ()), pattern)
        return found


def queries_of(autoscaler: Autoscaler, default_vhost: str) -> dict[str, QueueQuery]:
    """Return the query of each virtual host. A Nameko service has its queues in the default one."""
    by_vhost: dict[str, list[QueueEntry]] = {}
    if autoscaler.service is not None:
        by_vhost[default_vhost] = []
    for entry in autoscaler.entries:
        by_vhost.setdefault(entry.vhost or default_vhost, []).append(entry)
    return {
        vhost: QueueQuery(
            names=tuple(dict.fromkeys(e.text for e in entries if not e.is_pattern)),
            patterns=tuple(dict.fromkeys(e.text for e in entries if e.is_pattern)),
            service=autoscaler.service if vhost == default_vhost else None,
        )
        for vhost, entries in by_vhost.items()
    }


@dataclass(frozen=True, slots=True)
class QueueSelection:
    query: QueueQuery
    found: Matches
    readable: Matches
    """The queues of `found` with an entry of their own, or neither exclusive nor of one process."""

    @property
    def declared(self) -> list[str]:
        return list(islice(self.readable, MAX_DECLARED))

    @property
    def sampled(self) -> list[str]:
        return list(islice(self.readable, MAX_DECLARED, None))


def _complete(
    query: QueueQuery, matches: Matches, missing: Matches, exclusive: Collection[str]
) -> QueueSelection:
    """Return the selection, with the queues that the query names and that are `missing`."""
    found = {name: matches[name] if name in matches else missing[name] for name in query.names}
    found |= {name: entries for name, entries in matches.items() if name not in found}
    if query.service is not None and not _has_service_queue(query.service, matches):
        # A service without RPC never declares rpc-X. It is missing only without any other queue.
        found.setdefault(f"rpc-{query.service}", ())
    readable = {
        name: entries
        for name, entries in found.items()
        if name in query.names or not (name in exclusive or is_of_one_process(name))
    }
    return QueueSelection(query, found, readable)


def _has_service_queue(service: str, matches: Matches) -> bool:
    return any(is_service_queue(service, n) and not is_of_one_process(n) for n in matches)


@dataclass(frozen=True, slots=True)
class _Result:
    generation: int
    """Counts the changes of the names."""
    matches: dict[str, tuple[str, ...]] | Unknown
    missing: Matches
    """The queues that the query names and that do not exist."""
    at: float
    exclusive: frozenset[str]
    selection: QueueSelection | Unknown

    @property
    def size(self) -> int:
        return 0 if isinstance(self.matches, Unknown) else len(self.matches)


class QueueMatcher:
    """Matches queries against the names of all queues of a virtual host, each name once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._names: Collection[str] = ()
        self._generation = 0
        self._added: list[str] = []
        self._removed: frozenset[str] = frozenset()
        self._results: dict[QueueQuery, _Result] = {}
        self._kept = 0
        """Queues in all results."""

    async def select(
        self, query: QueueQuery, names: Collection[str], exclusive: frozenset[str], tenant: Tenant
    ) -> QueueSelection | Unknown:
        """Return the queues of a query; unknown if it exceeds a limit.

        Args:
            query: What an object selects.
            names: All existing queues. The same object as before if no queue came or went.
            exclusive: The queues that are exclusive to a connection.
            tenant: The namespace of the object, whose processor time is spent.
        """
        self._set_names(names)
        now, generation, old = self._clock(), self._generation, self._results.get(query)
        if old is None or not self._is_current(old, now):
            try:
                matches = await self._match(query, old, tenant)
                present: Collection[str] = query.names if isinstance(matches, Unknown) else matches
                absent = [name for name in query.names if name not in present]
                others = await _match_all(query, absent, tenant)
            except OverBudget as error:
                return error.why
            matches = others if isinstance(others, Unknown) else matches
            missing: Matches = {} if isinstance(others, Unknown) else others
        elif old.exclusive == exclusive:
            return old.selection
        else:
            now, matches, missing = old.at, old.matches, old.missing
        if not isinstance(matches, Unknown) and len(matches) > MAX_QUEUES_OF_OBJECT:
            matches = TOO_MANY_QUEUES
        selection = (
            matches
            if isinstance(matches, Unknown)
            else _complete(query, matches, missing, exclusive)
        )
        self._keep(query, _Result(generation, matches, missing, now, exclusive, selection))
        return selection

    def _keep(self, query: QueueQuery, result: _Result) -> None:
        """Keep a result, within the bounds: a tenant can edit an object many times a second."""
        if (old := self._results.pop(query, None)) is not None:
            self._kept -= old.size
        too_large = self._kept + result.size > _MAX_MATCHES_OF_QUEUE * len(self._names)
        if len(self._results) >= _MAX_QUERIES or too_large:
            self._results.clear()
            self._kept = 0
        self._results[query] = result
        self._kept += result.size

    def _set_names(self, names: Collection[str]) -> None:
        if names is self._names:
            return
        old, new = frozenset(self._names), frozenset(names)
        self._added, self._removed = [name for name in names if name not in old], old - new
        self._names = names
        self._generation += 1

    def _is_current(self, result: _Result, now: float) -> bool:
        if result.generation == self._generation:
            return True
        return isinstance(result.matches, Unknown) and now < result.at + _OVER_LIMIT_SECONDS

    async def _match(
        self, query: QueueQuery, old: _Result | None, tenant: Tenant
    ) -> dict[str, tuple[str, ...]] | Unknown:
        """Match the new names only, if the old result is of the names before."""
        is_usable = old is not None and old.generation == self._generation - 1
        if old is None or not is_usable or isinstance(old.matches, Unknown):
            return await _match_all(query, self._names, tenant)
        kept = {n: entries for n, entries in old.matches.items() if n not in self._removed}
        new = await _match_all(query, self._added, tenant)
        return new if isinstance(new, Unknown) else kept | new


async def _match_all(
    query: QueueQuery, names: Collection[str], tenant: Tenant
) -> dict[str, tuple[str, ...]] | Unknown:
    """Match all names; raise `OverBudget` if the namespace has used up its processor time."""
    if not query.needs_names or not names:
        return query.matches(names, {})
    async with tenant.turn(PATTERNS, cost=0.0):
        return await _match_in_batches(query, names, tenant)


async def _match_in_batches(
    query: QueueQuery, names: Iterable[str], tenant: Tenant
) -> dict[str, tuple[str, ...]] | Unknown:
    found: dict[str, tuple[str, ...]] = {}
    compiled: dict[str, re.Pattern[str]] = {}
    seconds, remaining = 0.0, iter(names)
    for pattern in query.patterns:  # 32 in one step took 41 ms
        begun = time.thread_time()
        compiled[pattern] = compile_pattern(pattern)
        tenant.spend(PATTERNS, time.thread_time() - begun)
        await asyncio.sleep(0)
    batch_size = max(1, _BATCH // max(1, len(query.patterns)))
    while batch := list(islice(remaining, batch_size)):
        begun = time.thread_time()
        found |= query.matches(batch, compiled)
        taken = time.thread_time() - begun
        tenant.spend(PATTERNS, taken)
        seconds += taken
        if seconds > _MAX_MATCHING_SECONDS:
            return PATTERNS_TOO_SLOW
        if len(found) > MAX_QUEUES_OF_OBJECT:
            return TOO_MANY_QUEUES
        await asyncio.sleep(0)
    return found
