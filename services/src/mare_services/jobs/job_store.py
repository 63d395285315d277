"""The job store in SQL: one implementation for SQLite and PostgreSQL.

The tables are in schema.sql. A change locks the row of its job, in PostgreSQL with FOR UPDATE, in
SQLite with the write lock of BEGIN IMMEDIATE.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import uuid_utils

from mare_services.contract.errors import IdempotencyKeyReused, TooManyOpenJobs
from mare_services.contract.jobs import JobState
from mare_services.jobs.domain.job import MAX_OPEN, Job, OutboxEvent
from mare_services.jobs.ports import Change, Database, Decide, StoredEvent, Transaction

_UNFINISHED = "('pending', 'running', 'partial')"
_DOCUMENTS = ("request", "weather", "result", "failure", "callback")
_TIMES = ("created_at", "updated_at", "deadline", "retained_until")
_PLAIN = ("id", "client", "idempotency_key", "attempt", "redelivered", "submitter")
_COLUMNS = (*_PLAIN, "state", *_TIMES, *_DOCUMENTS)
_DELETED_AT_ONCE = 1_000


class JobStore:
    """Durable records of jobs. Each method is one transaction, and returns when it is on disk.

    The methods block, so call them in native threads.
    """

    def __init__(self, database: Database, max_open: int = MAX_OPEN) -> None:
        self.database = database
        self._max_open = max_open
        create_tables(database)

    def accept(self, change: Change) -> Job:
        """Store a job with its events, or return the first of its id.

        Raises IdempotencyKeyReused or TooManyOpenJobs.
        """
        job = change.job
        with self.database.transaction() as transaction:
            if insert_job(transaction, change):
                refuse_too_many(transaction, job.submitter, self._max_open)
                return job
            existing = self._existing(transaction, job)
        if submitted(existing) != submitted(job):
            raise IdempotencyKeyReused("The idempotency key belongs to another request.")
        return existing

    def _existing(self, transaction: Transaction, job: Job) -> Job:
        found = select_jobs(transaction, "WHERE id = %s", (job.id,)) or select_jobs(
            transaction,
            "WHERE client = %s AND idempotency_key = %s",
            (job.client, job.idempotency_key),
        )
        return found[0]

    def get(self, job_id: str) -> Job | None:
        with self.database.transaction(writes=False) as transaction:
            return next(iter(select_jobs(transaction, "WHERE id = %s", (job_id,))), None)

    def change(self, job_id: str, decide: Decide) -> Job | None:
        """Read a job, apply `decide`, write the result; return the record afterwards.

        Returns None for an unknown job. Raises TooManyOpenJobs if it opens one job too many again.
        """
        with self.database.transaction() as transaction:
            found = select_jobs(transaction, f"WHERE id = %s {self.database.lock_row}", (job_id,))
            if not found:
                return None
            job = found[0]
            change = decide(job)
            if change is None:
                return job
            assignments = ", ".join(f"{column} = %s" for column in _COLUMNS)
            transaction.execute(
                f"UPDATE jobs SET {assignments} WHERE id = %s",  # noqa: S608
                (*_row_of(change.job), job_id),
            )
            _store_events(transaction, change.events)
            if job.state.is_terminal and not change.job.state.is_terminal:
                refuse_too_many(transaction, job.submitter, self._max_open)
            return change.job

    def claim_events(
        self, now: datetime, until: datetime, limit: int, kind: str | None = None
    ) -> Sequence[StoredEvent]:
        """Return the oldest events of the outbox, which no other caller gets before ``until``."""
        of_kind, kinds = ("", []) if kind is None else (" AND type = %s", [kind])
        with self.database.transaction() as transaction:
            rows = transaction.execute(
                "UPDATE outbox SET claimed_until = %s WHERE message_id IN ("  # noqa: S608
                f" SELECT message_id FROM outbox WHERE claimed_until < %s{of_kind}"
                f" ORDER BY message_id LIMIT %s {self.database.skip_locked})"
                " RETURNING message_id, type, data",
                (until.timestamp(), now.timestamp(), *kinds, limit),
            )
        return [
            StoredEvent(message_id=message_id, type=event_type, data=json.loads(data))
            for message_id, event_type, data in sorted(rows)
        ]

    def forget_published(self, message_ids: Sequence[str]) -> None:
        with self.database.transaction() as transaction:
            for message_id in message_ids:
                transaction.execute("DELETE FROM outbox WHERE message_id = %s", (message_id,))

    def stalled(self, unchanged_since: datetime, redeliveries: int, limit: int) -> Sequence[str]:
        """Return ids of unfinished jobs without a change since then and fewer redeliveries.

        There are none as long as an event of that age waits in the outbox.
        """
        return self._ids(
            "updated_at < %s AND redelivered < %s AND NOT EXISTS"
            " (SELECT 1 FROM outbox WHERE type = 'job_accepted' AND message_id < %s)"
            " ORDER BY updated_at LIMIT %s",
            (unchanged_since.timestamp(), redeliveries, _first_id(unchanged_since), limit),
        )

    def overdue(self, now: datetime, limit: int) -> Sequence[str]:
        return self._ids("deadline < %s ORDER BY deadline LIMIT %s", (now.timestamp(), limit))

    def _ids(self, condition: str, values: Sequence[Any]) -> Sequence[str]:
        with self.database.transaction(writes=False) as transaction:
            rows = transaction.execute(
                f"SELECT id FROM jobs WHERE state IN {_UNFINISHED} AND {condition}",  # noqa: S608
                values,
            )
        return [row[0] for row in rows]

    def delete_expired(self, now: datetime) -> int:
        """Delete jobs and batches whose retention has ended; return how many, at most 2,000."""
        deleted = 0
        for table in ("jobs", "batches"):
            with self.database.transaction() as transaction:
                rows = transaction.execute(
                    f"DELETE FROM {table} WHERE id IN"  # noqa: S608
                    f" (SELECT id FROM {table} WHERE retained_until < %s LIMIT %s) RETURNING id",
                    (now.timestamp(), _DELETED_AT_ONCE),
                )
            deleted += len(rows)
        return deleted

    def close(self) -> None:
        self.database.close()


def create_tables(database: Database) -> None:
    """Create the tables and indexes of all stores, unless they exist."""
    schema = files("mare_services.jobs").joinpath("schema.sql").read_text(encoding="utf-8")
    for statement in schema.removesuffix(";\n").split(";\n"):
        # PostgreSQL locks the table of an index that exists, too. A transaction that holds such
        # locks of two tables would deadlock with the changes of other replicas.
        with database.transaction() as transaction:
            transaction.lock_schema()
            transaction.execute(statement)


def insert_job(transaction: Transaction, change: Change) -> bool:
    """Store a new job with its events; return False if its id or idempotency key exists."""
    placeholders = ", ".join(["%s"] * len(_COLUMNS))
    inserted = transaction.execute(
        f"INSERT INTO jobs ({', '.join(_COLUMNS)}) VALUES ({placeholders})"  # noqa: S608
        " ON CONFLICT DO NOTHING RETURNING id",
        _row_of(change.job),
    )
    if inserted:
        _store_events(transaction, change.events)
    return bool(inserted)


def refuse_too_many(transaction: Transaction, submitter: str, max_open: int) -> None:
    """Raise TooManyOpenJobs, which rolls back, if more than ``max_open`` jobs have not ended."""
    ((count,),) = transaction.execute(
        f"SELECT count(*) FROM jobs WHERE submitter = %s AND state IN {_UNFINISHED}",  # noqa: S608
        (submitter,),
    )
    if count > max_open:
        raise TooManyOpenJobs(
            f"At most {max_open:,} of your jobs may be open. Wait until some of them have ended,"
            " or cancel some."
        )


def select_jobs(transaction: Transaction, rest: str, values: Sequence[Any]) -> Sequence[Job]:
    rows = transaction.execute(f"SELECT {', '.join(_COLUMNS)} FROM jobs {rest}", values)  # noqa: S608
    return [_job_of(dict(zip(_COLUMNS, row, strict=True))) for row in rows]


def _first_id(moment: datetime) -> str:
    """Return a text that sorts before the ids of all events since `moment`."""
    milliseconds = f"{max(0, round(moment.timestamp() * 1000)):012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}"


def _store_events(transaction: Transaction, events: Sequence[OutboxEvent]) -> None:
    for event in events:
        transaction.execute(
            "INSERT INTO outbox (message_id, type, data) VALUES (%s, %s, %s)",
            (str(uuid_utils.uuid7()), event.type, json.dumps(event.data)),
        )


def submitted(job: Job) -> tuple[Any, ...]:
    """Return what a repeated submission must have in common with the first."""
    callback = job.callback or {}
    return job.client, job.request, callback.get("url"), callback.get("events")


def _row_of(job: Job) -> tuple[Any, ...]:
    return (
        *(getattr(job, column) for column in _PLAIN),
        job.state.value,
        *(getattr(job, column).timestamp() for column in _TIMES),
        *(_text(getattr(job, column)) for column in _DOCUMENTS),
    )


def _job_of(row: dict[str, Any]) -> Job:
    fields = dict(row)
    fields["state"] = JobState(row["state"])
    for column in _TIMES:
        fields[column] = datetime.fromtimestamp(row[column], UTC)
    for column in _DOCUMENTS:
        fields[column] = None if row[column] is None else json.loads(row[column])
    return Job(**fields)


def _text(document: Any) -> str | None:
    return None if document is None else json.dumps(document)
