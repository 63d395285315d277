"""Which queues belong to an object, by names, patterns and the naming rules of Nameko."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from mare.custom_resource.autoscaler import Autoscaler, QueueEntry

_BROADCAST = re.compile(r"-[0-9a-f]{32}$|-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_STARS = re.compile(r"\*+")


@lru_cache(maxsize=4096)
def matcher(pattern: str) -> "re.Pattern[str]":
    """Only * and ? are special, unlike in a shell, where brackets are as well.

    What stands between two * is found at its first place and nowhere else: to try all places of
    all parts, a name of 255 characters would take years.
    """
    first, *parts = (_literal(part) for part in _STARS.split(pattern))
    if not parts:
        return re.compile(first, re.DOTALL)
    *middle, last = parts
    return re.compile(first + "".join(f"(?>.*?{part})" for part in middle) + f".*{last}", re.DOTALL)


def _literal(part: str) -> str:
    return "".join("." if char == "?" else re.escape(char) for char in part)


def is_service_queue(service: str, name: str) -> bool:
    """Whether Nameko gives this name to a queue of the service: rpc-X or evt-SOURCE-TYPE--X.Y."""
    if not name.startswith("evt-"):
        return name == f"rpc-{service}"
    _, separator, handler = name.partition("--")
    return bool(separator) and handler.startswith(f"{service}.")


def is_broadcast(name: str) -> bool:
    """Whether the name ends with an identifier of one process: each has a queue of its own."""
    return _BROADCAST.search(name) is not None


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """What an object asks for in one virtual host."""

    names: tuple[str, ...]
    patterns: tuple[str, ...]
    service: str | None

    @property
    def needs_names(self) -> bool:
        """Whether the names of all queues have to be known to find its own."""
        return self.service is not None or bool(self.patterns)


def queries_of(autoscaler: Autoscaler, default_vhost: str) -> dict[str, QueueQuery]:
    """What it asks for in each virtual host; the queues of a service are in the default one."""
    entries: dict[str, list[QueueEntry]] = {}
    if autoscaler.service is not None:
        entries[default_vhost] = []
    for entry in autoscaler.entries:
        entries.setdefault(entry.vhost or default_vhost, []).append(entry)
    return {
        vhost: QueueQuery(
            names=tuple(dict.fromkeys(e.text for e in some if not e.is_pattern)),
            patterns=tuple(dict.fromkeys(e.text for e in some if e.is_pattern)),
            service=autoscaler.service if vhost == default_vhost else None,
        )
        for vhost, some in entries.items()
    }


def queues_of(wanted: QueueQuery, names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Names of its queues, each once, with all entries of spec.queues by which it is found."""
    found: dict[str, tuple[str, ...]] = {name: (name,) for name in wanted.names}
    if wanted.service is not None:
        found |= {name: found.get(name, ()) for name in _of_service(wanted.service, names)}
    candidates = dict.fromkeys((*found, *names)) if wanted.patterns else {}
    for pattern in wanted.patterns:
        for name in filter(matcher(pattern).fullmatch, candidates):
            found[name] = (*found.get(name, ()), pattern)
    return found


def _of_service(service: str, names: Collection[str]) -> list[str]:
    """A service without RPC never declares rpc-X: it is looked for if nothing else is there."""
    own = [name for name in names if is_service_queue(service, name)]
    return own if any(not is_broadcast(name) for name in own) else [*own, f"rpc-{service}"]
