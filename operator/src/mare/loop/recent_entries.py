"""What happened last, remembered for each namespace apart."""

from typing import TypeVar

T = TypeVar("T")
_NAMESPACES = 1_000
"""Namespaces that are deleted would stay for ever: previews of branches are many a day."""


class RecentEntries:
    """The last entries of each namespace: many of one namespace displace none of another."""

    def __init__(self, of_namespace: int) -> None:
        self._of_namespace = of_namespace
        self._entries: dict[str, dict[str, None]] = {}
        """The namespace with the newest entry comes last."""

    def add(self, namespace: str, entry: str) -> None:
        entries = self._entries[namespace] = self._entries.pop(namespace, {})
        entries.pop(entry, None)
        entries[entry] = None
        _bound(entries, self._of_namespace)
        _bound(self._entries, _NAMESPACES)

    def has(self, namespace: str, entry: str) -> bool:
        return namespace in self._entries and entry in self._entries[namespace]


def _bound(entries: dict[str, T], most: int) -> None:
    if len(entries) > most:
        del entries[next(iter(entries))]
