"""What the stores need of a database, and what they are given."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from mare_services.jobs.domain.job import Job, OutboxEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event of the outbox; `message_id` is the same each time it is published."""

    message_id: str
    type: str
    data: Any


@dataclass(frozen=True, slots=True)
class Change:
    """The new record of a job, and the events to publish because of it."""

    job: Job
    events: tuple[OutboxEvent, ...] = ()


Decide = Callable[[Job], Change | None]


class Transaction(Protocol):
    def execute(self, statement: str, values: Sequence[Any] = ()) -> Sequence[tuple[Any, ...]]: ...

    def lock_schema(self) -> None:
        """Let one process at a time create the tables."""


class Database(Protocol):
    """Opens transactions: committed durably at the end, rolled back by an exception."""

    lock_row: str
    """What SELECT needs to lock its rows, for example ``FOR UPDATE``."""
    skip_locked: str
    """The same, leaving out rows that are locked."""
    errors: tuple[type[Exception], ...]
    """What is raised if the database cannot be reached or used."""

    def transaction(self, *, writes: bool = True) -> AbstractContextManager[Transaction]:
        """Open a transaction; one that only reads does not wait for writers."""

    def close(self) -> None: ...
