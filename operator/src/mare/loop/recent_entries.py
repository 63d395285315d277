"""What happened last, remembered for each namespace apart."""

from collections import defaultdict


class RecentEntries:
    """The last entries of each namespace: many of one namespace displace none of another."""

    def __init__(self, of_namespace: int) -> None:
        self._of_namespace = of_namespace
        self._entries: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def add(self, namespace: str, entry: str) -> None:
        entries = self._entries[namespace]
        entries.pop(entry, None)
        entries[entry] = None
        if len(entries) > self._of_namespace:
            del entries[next(iter(entries))]

    def has(self, namespace: str, entry: str) -> bool:
        return namespace in self._entries and entry in self._entries[namespace]
