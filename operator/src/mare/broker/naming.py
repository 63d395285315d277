"""Which queues belong to an object, by names, patterns and the naming rules of Nameko."""

import re
from collections.abc import Iterable
from functools import lru_cache

from mare.custom_resource.autoscaler import Autoscaler

_BROADCAST = re.compile(r"-[0-9a-f]{32}$|-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


@lru_cache(maxsize=4096)
def _matcher(pattern: str) -> "re.Pattern[str]":
    """Only * and ? are special, unlike in a shell, where brackets are as well."""
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(char, re.escape(char)) for char in pattern), re.DOTALL)


def fits(pattern: str, name: str) -> bool:
    return _matcher(pattern).fullmatch(name) is not None


def is_service_queue(service: str, name: str) -> bool:
    """Whether Nameko gives this name to a queue of the service: rpc-X or evt-SOURCE-TYPE--X.Y."""
    if name == f"rpc-{service}":
        return True
    _, separator, handler = name.partition("--")
    return name.startswith("evt-") and bool(separator) and handler.startswith(f"{service}.")


def is_broadcast(name: str) -> bool:
    """Whether the name ends with an identifier of one process: each has a queue of its own."""
    return _BROADCAST.search(name) is not None


def needs_names(autoscaler: Autoscaler) -> bool:
    """Whether the names of all queues have to be known to find its own."""
    return autoscaler.service is not None or any(e.is_pattern for e in autoscaler.entries)


def queues_of(
    autoscaler: Autoscaler, vhost: str, default_vhost: str, names: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Names of its queues in a virtual host, each once, with all entries by which it is found."""
    entries = [e for e in autoscaler.entries if (e.vhost or default_vhost) == vhost]
    named = dict.fromkeys(entry.text for entry in entries if not entry.is_pattern)
    patterns = list(dict.fromkeys(entry.text for entry in entries if entry.is_pattern))
    service = autoscaler.service if vhost == default_vhost else None
    candidates = dict(named)
    if service is not None:
        candidates[f"rpc-{service}"] = None
    if patterns or service is not None:
        candidates |= dict.fromkeys(names)
    found: dict[str, tuple[str, ...]] = {}
    for name in candidates:
        own = (name,) if name in named else ()
        by = own + tuple(pattern for pattern in patterns if fits(pattern, name))
        if by or (service is not None and is_service_queue(service, name)):
            found[name] = by
    return found
