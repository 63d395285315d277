"""The queues that objects ask for, found once for as long as the same names are there."""

from collections.abc import Collection, Mapping

from mare.broker.queue_names import QueueQuery, queues_of

_MOST = 4096
"""Answers that are kept; a changed object asks for something else."""


class QueueMatcher:
    """To look through 5,000 names takes half a millisecond, and a look comes each second."""

    def __init__(self) -> None:
        self._names: Collection[str] = ()
        self._found: dict[QueueQuery, Mapping[str, tuple[str, ...]]] = {}

    def of(self, wanted: QueueQuery, names: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """As `queues_of`; `names` that did not change have to be the same collection."""
        if names is not self._names or len(self._found) >= _MOST:
            self._names, self._found = names, {}
        if wanted not in self._found:
            self._found[wanted] = queues_of(wanted, names)
        return self._found[wanted]
