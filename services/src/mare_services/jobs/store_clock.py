"""The time of the store, which all replicas share.

By its own clock a replica that is 15 minutes ahead expired the jobs of all others, which have 15
minutes, and one that is behind stored jobs that were overdue at once. Claims of the outbox, of
15 s, are held by this time as well.
"""

import time
from datetime import UTC, datetime

from mare_services.jobs.ports import Database


class StoreClock:
    """Goes on by the monotonic clock between two readings of the store's."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._offset: float | None = None
        """What the store's clock is ahead of the monotonic one; None before the first reading."""

    def __call__(self) -> datetime:
        now = time.time() if self._offset is None else time.monotonic() + self._offset
        return datetime.fromtimestamp(now, UTC)

    def synchronize(self) -> None:
        """Read the store's clock, within half of the time that the answer takes.

        A later answer, which can take 17 s, moves the time only as far as the time is certainly
        wrong: claims of the outbox last 15 s, by the time of all replicas.
        """
        begun = time.monotonic()
        now = self._database.time()
        ended = time.monotonic()
        offset = now - (begun + ended) / 2 if self._offset is None else self._offset
        self._offset = min(max(offset, now - ended), now - begun)
