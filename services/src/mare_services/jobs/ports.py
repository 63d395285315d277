"""What the stores need of a database, and what they are given."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from mare_services.jobs.domain.job import Event, Job


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event as it is published, in the outbox unless it is not `durable`.

    Attributes:
        message_id: the same each time the event is published.
        body: the JSON text of its data.
        context: request id and trace of the message that caused it, as headers.
        claimed_until: when other processes may publish it, in seconds since the epoch.
    """

    message_id: str
    type: str
    body: str
    context: Mapping[str, Any] | None = None
    durable: bool = True
    claimed_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Change:
    """The new record of a job, and the events to publish because of it, with their context."""

    job: Job
    events: tuple[Event, ...] = ()
    context: Mapping[str, Any] | None = None


Decide = Callable[[Job], Change | None]


class Transaction(Protocol):
    def execute(self, statement: str, values: Sequence[Any] = ()) -> Sequence[tuple[Any, ...]]: ...


class Database(Protocol):
    """Opens transactions: committed durably at the end, rolled back by an exception."""

    lock_row: str
    """What SELECT needs to lock its rows, for example ``FOR UPDATE``."""
    skip_locked: str
    """The same, leaving out rows that are locked."""
    delivered_at: str
    """The field ``at`` of the column ``document``, which is JSON text."""
    errors: tuple[type[Exception], ...]
    """What the database raises."""
    outages: tuple[type[Exception], ...]
    """Those of the errors that end by themselves when the database can be reached and used."""

    def transaction(self, *, writes: bool = True) -> AbstractContextManager[Transaction]:
        """Open a transaction; one that only reads does not wait for writers."""

    def time(self) -> float:
        """Return the time by the clock of the database, in seconds since the epoch."""

    def has_table(self, name: str) -> bool:
        """Return whether the database has a table."""

    def close(self) -> None: ...
