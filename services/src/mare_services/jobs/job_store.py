"""The job store in SQL: one implementation for SQLite and PostgreSQL.

The tables are made by `migrations`. A change locks the row of its job, in PostgreSQL with FOR
UPDATE, in SQLite with the write lock of BEGIN IMMEDIATE.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from mare_services.contract.errors import IdempotencyKeyReused, TooManyOpenJobs
from mare_services.jobs.domain.job import BEGUN_FACTOR, MAX_OPEN, Job
from mare_services.jobs.job_rows import COLUMNS, changed_columns, row_of, select_jobs
from mare_services.jobs.outbox import Outbox, OutboxTransaction, first_id
from mare_services.jobs.ports import Change, Database, Decide, Transaction
from mare_services.jobs.store_clock import StoreClock

_UNFINISHED = "('pending', 'running', 'partial')"
_OVERDUE = "deadline < %s"
_STALLED = (
    "updated_at + %s * (1 << CASE WHEN redelivered < 20 THEN redelivered ELSE 20 END)"
    " * CASE state WHEN 'pending' THEN 1 ELSE %s END < %s AND redelivered < %s"
)
_ALL_EXPIRED = (
    "0 = (SELECT count(*) FROM batch_jobs WHERE batch_id = batches.id AND NOT EXISTS"
    " (SELECT 1 FROM jobs WHERE id = job_id AND retained_until < %s {skip_locked}))"
)
"""The retention of a batch begins with its submission, that of a job with its end. Each job is
locked: one whose retry is under way counts as retained. PostgreSQL might evaluate an outer EXISTS
for the jobs of all batches, and lock them."""
_WITHOUT_BATCH = "NOT EXISTS (SELECT 1 FROM batch_jobs WHERE job_id = jobs.id)"
"""While a batch exists, it has all its jobs: its state and its idempotency key follow from them."""
_BATCHES_AT_ONCE, _JOBS_AT_ONCE = 200, 1_000
"""To lock the jobs of 200 batches takes PostgreSQL 0.3 s."""


class JobStore:
    """Durable records of jobs. Each method is one transaction, and returns when it is on disk.

    The methods block, so call them in native threads.
    """

    def __init__(
        self, database: Database, max_open: int = MAX_OPEN, *, compact: bool = False
    ) -> None:
        self.database = database
        self.clock = StoreClock(database)
        self.outbox = Outbox(database, self.clock)
        self.max_open = max_open
        self._compact = compact

    def accept(self, change: Change) -> Job:
        """Store a job with its events, or return the first of its id.

        Raises IdempotencyKeyReused or TooManyOpenJobs.
        """
        job = change.job
        with self.outbox.transaction() as transaction:
            if insert_job(transaction, change):
                refuse_too_many(transaction, job.submitter, self.max_open)
                return job
            found = select_jobs(transaction, "WHERE id = %s", (job.id,)) or select_jobs(
                transaction,
                "WHERE client = %s AND idempotency_key = %s",
                (job.client, job.idempotency_key),
            )
        if not found:  # a sweep has deleted it since the insert
            return self.accept(change)
        if submitted(found[0]) != submitted(job):
            raise IdempotencyKeyReused("The idempotency key belongs to another request.")
        return found[0]

    def get(self, job_id: str) -> Job | None:
        with self.database.transaction(writes=False) as transaction:
            return next(iter(select_jobs(transaction, "WHERE id = %s", (job_id,))), None)

    def change(self, job_id: str, decide: Decide) -> Job | None:
        """Read a job, apply `decide`, write the result; return the record afterwards.

        Returns None for an unknown job. Raises TooManyOpenJobs if it opens one job too many again.
        """
        with self.outbox.transaction() as transaction:
            found = select_jobs(transaction, f"WHERE id = %s {self.database.lock_row}", (job_id,))
            if not found:
                return None
            job = found[0]
            change = decide(job)
            if change is None:
                return job
            self._write(transaction, job, change)
            if job.state.is_terminal and not change.job.state.is_terminal:
                refuse_too_many(transaction, job.submitter, self.max_open)
            return change.job

    def change_overdue(self, now: datetime, limit: int, decide: Decide) -> int:
        """Apply `decide` to jobs past their deadline, the oldest first; return how many changed."""
        return self._change_each(_OVERDUE, (now.timestamp(),), "deadline", limit, decide)

    def has_stalled(self, now: datetime, wait: timedelta, redeliveries: int) -> bool:
        """Return whether a job has not changed for its wait, and has fewer redeliveries.

        The wait doubles with each redelivery; it is `BEGUN_FACTOR` times as long for a job that has
        begun. No job counts as stalled while an event of that age is in the outbox.
        """
        with self.database.transaction(writes=False) as transaction:
            ((exists,),) = transaction.execute(
                f"SELECT EXISTS (SELECT 1 FROM jobs WHERE state IN {_UNFINISHED} AND {_STALLED})"  # noqa: S608
                " AND NOT EXISTS"
                " (SELECT 1 FROM outbox WHERE type = 'job_accepted' AND message_id < %s)",
                (*_stalled_values(now, wait, redeliveries), first_id(now - wait)),
            )
        return bool(exists)

    def change_stalled(
        self,
        now: datetime,
        wait: timedelta,
        redeliveries: int,
        limit: int,
        decide: Decide,
        *,
        deadline: datetime | None = None,
    ) -> int:
        """Apply `decide` to stalled jobs, the oldest first; return how many changed.

        With a `deadline`, only to those that expire before it and are not overdue.
        """
        values = [*_stalled_values(now, wait, redeliveries)]
        condition = _STALLED
        if deadline is not None:
            condition += " AND deadline >= %s AND deadline < %s"
            values += [now.timestamp(), deadline.timestamp()]
        return self._change_each(condition, values, "updated_at", limit, decide)

    def _change_each(
        self, condition: str, values: Sequence[Any], order: str, limit: int, decide: Decide
    ) -> int:
        """Change jobs that meet a condition in one transaction.

        The condition selects what is due, and leaves out what another process changes meanwhile: no
        job waits behind others that are not due.
        """
        changed = 0
        with self.outbox.transaction() as transaction:
            for job in select_jobs(
                transaction,
                f"WHERE state IN {_UNFINISHED} AND {condition} ORDER BY {order} LIMIT %s"
                f" {self.database.skip_locked}",
                (*values, limit),
            ):
                change = decide(job)
                if change is not None:
                    self._write(transaction, job, change)
                    changed += 1
        return changed

    def _write(self, transaction: OutboxTransaction, before: Job, change: Change) -> None:
        columns = dict(changed_columns(before, change.job, compact=self._compact))
        assignments = ", ".join(f"{column} = %s" for column in columns)
        transaction.execute(
            f"UPDATE jobs SET {assignments} WHERE id = %s",  # noqa: S608
            (*columns.values(), before.id),
        )
        transaction.add(change.events, change.context)

    def delete_expired(self, now: datetime) -> int:
        """Delete 200 batches and 1,000 jobs at most whose retention has ended.

        A batch is retained as long as one of its jobs, and each of its jobs as long as the batch.
        Of a row that another transaction has changed meanwhile, PostgreSQL checks the outer
        condition again and not the inner one: a job whose retry was accepted stays.
        Returns how many are deleted.
        """
        moment, deleted = now.timestamp(), 0
        all_expired = _ALL_EXPIRED.format(skip_locked=self.database.skip_locked)
        for table, condition, values in (
            ("batches", all_expired, (moment, moment, _BATCHES_AT_ONCE)),
            ("jobs", _WITHOUT_BATCH, (moment, _JOBS_AT_ONCE)),
        ):
            with self.database.transaction() as transaction:
                rows = transaction.execute(
                    f"DELETE FROM {table} WHERE retained_until < %s AND id IN"  # noqa: S608
                    f" (SELECT id FROM {table} WHERE retained_until < %s AND {condition}"
                    " LIMIT %s) RETURNING id",
                    (moment, *values),
                )
            deleted += len(rows)
        return deleted

    def close(self) -> None:
        self.database.close()


def insert_job(transaction: OutboxTransaction, change: Change) -> bool:
    """Store a new job with its events; return False if its id or idempotency key exists."""
    placeholders = ", ".join(["%s"] * len(COLUMNS))
    inserted = transaction.execute(
        f"INSERT INTO jobs ({', '.join(COLUMNS)}) VALUES ({placeholders})"  # noqa: S608
        " ON CONFLICT DO NOTHING RETURNING id",
        row_of(change.job),
    )
    if inserted:
        transaction.add(change.events, change.context)
    return bool(inserted)


def refuse_too_many(transaction: Transaction, submitter: str, max_open: int) -> None:
    """Raise TooManyOpenJobs, which rolls back, if more than ``max_open`` jobs have not ended.

    PostgreSQL counts without the jobs of transactions that run at the same time: 8 for each replica
    at most, one for each native thread. A lock would cost each job a round trip, and the jobs of
    one submitter would be committed one after the other.
    """
    ((count,),) = transaction.execute(
        f"SELECT count(*) FROM jobs WHERE submitter = %s AND state IN {_UNFINISHED}",  # noqa: S608
        (submitter,),
    )
    if count > max_open:
        raise TooManyOpenJobs(
            f"At most {max_open:,} of your jobs may be open. Wait until some of them have ended,"
            " or cancel some."
        )


def submitted(job: Job) -> tuple[Any, ...]:
    """Return what a repeated submission must have in common with the first."""
    callback = job.callback or {}
    return job.client, job.request, callback.get("url"), callback.get("events")


def _stalled_values(now: datetime, wait: timedelta, redeliveries: int) -> Sequence[Any]:
    return (wait.total_seconds(), BEGUN_FACTOR, now.timestamp(), redeliveries)
