"""The outbox: events that are stored in the transaction of the change that causes them.

The process that stores an event claims it in the same statement and publishes it from memory. The
table only rescues: it is read for events whose claim has ended, because their process died or
released them.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
import uuid_utils

from mare_services.jobs.domain.job import Event
from mare_services.jobs.ports import Database, StoredEvent, Transaction

CLAIM_SECONDS = 15.0
"""Time in which no other process publishes a claimed event."""
CONFIRM_SECONDS = 6.0
"""Longest wait for the confirm of an event, however long RUNTIME_PUBLISH_SECONDS is. 8 s of the
claim are left to wait in memory, and 1 s to be deleted after the confirm."""

AHEAD_SECONDS = 600.0
"""A claim that ends later than this from now is one of a clock that was ahead. It is long, since a
slow store can delay a statement after its `now`."""
_UNCLAIMED = "claimed_until NOT BETWEEN %s AND %s"

_NOTICE = "job_changed"
"""The type that is not durable. Versions without `StoredEvent.durable` have stored it."""


class OutboxTransaction:
    """A transaction that can add events."""

    def __init__(self, transaction: Transaction, claimed_until: float) -> None:
        self.execute = transaction.execute
        self._claimed_until = claimed_until
        self.added: list[StoredEvent] = []

    def add(self, events: Sequence[Event], context: Any) -> None:
        """Store the durable events; all are published after the commit."""
        headers = None if context is None else _text(context)
        for event in events:
            added = StoredEvent(
                message_id=str(uuid_utils.uuid7()),
                type=event.type,
                body=_text(event.data),
                context=context,
                durable=event.durable,
                claimed_until=self._claimed_until,
            )
            self.added.append(added)
            if event.durable:
                self.execute(
                    "INSERT INTO outbox (message_id, type, data, context, claimed_until)"
                    " VALUES (%s, %s, %s, %s, %s)",
                    (added.message_id, added.type, added.body, headers, self._claimed_until),
                )


class Outbox:
    """The table of events that are not known to be published. The methods block."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self.clock = clock
        self.publish: Callable[[Sequence[StoredEvent]], None] = lambda _: None
        """Takes the events of each committed transaction, in the thread of the transaction."""

    @contextmanager
    def transaction(self) -> Iterator[OutboxTransaction]:
        """Open a transaction, and pass its events on when they are on disk."""
        with self._database.transaction() as transaction:
            adding = OutboxTransaction(transaction, self.clock().timestamp() + CLAIM_SECONDS)
            yield adding
        if adding.added:
            self.publish(adding.added)

    def unclaimed_types(self, now: datetime) -> Sequence[str]:
        """Return the types of the events without a claim. It only reads."""
        with self._database.transaction(writes=False) as transaction:
            rows = transaction.execute(
                f"SELECT DISTINCT type FROM outbox WHERE {_UNCLAIMED}",  # noqa: S608
                _valid_claims(now),
            )
        return [row[0] for row in rows]

    def claim(self, now: datetime, until: datetime, limit: int, kind: str) -> Sequence[StoredEvent]:
        """Return the oldest events without a claim, which no other caller gets before ``until``."""
        with self._database.transaction() as transaction:
            rows = transaction.execute(
                "UPDATE outbox SET claimed_until = %s WHERE message_id IN ("  # noqa: S608
                f" SELECT message_id FROM outbox WHERE {_UNCLAIMED} AND type = %s"
                f" ORDER BY message_id LIMIT %s {self._database.skip_locked})"
                " RETURNING message_id, type, data, context",
                (until.timestamp(), *_valid_claims(now), kind, limit),
            )
        return [
            StoredEvent(
                message_id=message_id,
                type=event_type,
                body=body,
                context=None if context is None else msgspec.json.decode(context),
                durable=event_type != _NOTICE,
                claimed_until=until.timestamp(),
            )
            for message_id, event_type, body, context in sorted(rows, key=lambda row: str(row[0]))
        ]

    def settle(self, published: Sequence[str], released: Sequence[str] = ()) -> None:
        """Delete events that are published, and end the claims of those that could not be."""
        with self._database.transaction() as transaction:
            for ids, statement in (
                (published, "DELETE FROM outbox WHERE message_id IN ({})"),
                (released, "UPDATE outbox SET claimed_until = 0 WHERE message_id IN ({})"),
            ):
                if ids:
                    marks = ", ".join(["%s"] * len(ids))
                    transaction.execute(statement.format(marks), ids)


def _valid_claims(now: datetime) -> tuple[float, float]:
    """Return the earliest and the latest end of a claim that holds."""
    return now.timestamp(), now.timestamp() + AHEAD_SECONDS


def first_id(moment: datetime) -> str:
    """Return a text that sorts before the ids of all events since `moment`."""
    milliseconds = f"{max(0, round(moment.timestamp() * 1000)):012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}"


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
