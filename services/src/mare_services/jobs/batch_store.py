"""Batches and lists of jobs in the database of the jobs."""

from collections.abc import Sequence
from datetime import UTC, datetime

from mare_services.contract.errors import IdempotencyKeyReused
from mare_services.contract.jobs import JobState
from mare_services.jobs.domain.batch import Batch, Member
from mare_services.jobs.domain.job import Job
from mare_services.jobs.job_rows import select_jobs
from mare_services.jobs.job_store import JobStore, insert_job, refuse_too_many, submitted
from mare_services.jobs.outbox import OutboxTransaction
from mare_services.jobs.ports import Change, Transaction

_COLUMNS = "id, client, idempotency_key, created_at, retained_until"
_MEMBERS = "JOIN jobs ON jobs.id = batch_jobs.job_id WHERE batch_id = %s ORDER BY position"


class BatchStore:
    """Durable records of batches, and lists of jobs, in the database of a `JobStore`."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._database = store.database

    def accept(self, batch: Batch, changes: Sequence[Change]) -> tuple[Batch, Sequence[Member]]:
        """Store a batch with its jobs and their events; return the first of its id or key."""
        with self._store.outbox.transaction() as transaction:
            if _insert(transaction, batch):
                self._add_jobs(transaction, batch, changes)
                jobs = [change.job for change in changes]
                return batch, [Member(j.id, j.state, j.updated_at, j.retained_until) for j in jobs]
            existing = self._existing(transaction, batch, changes)
        return existing or self.accept(batch, changes)

    def _add_jobs(
        self, transaction: OutboxTransaction, batch: Batch, changes: Sequence[Change]
    ) -> None:
        for position, change in enumerate(changes):
            if not insert_job(transaction, change):
                raise IdempotencyKeyReused("The id of a job is taken.")
            transaction.execute(
                "INSERT INTO batch_jobs (batch_id, position, job_id) VALUES (%s, %s, %s)",
                (batch.id, position, change.job.id),
            )
        refuse_too_many(transaction, changes[0].job.submitter, self._store.max_open)

    def _existing(
        self, transaction: Transaction, batch: Batch, changes: Sequence[Change]
    ) -> tuple[Batch, Sequence[Member]] | None:
        """Return the batch of this id or key; None if a sweep has deleted it since the insert."""
        lock = self._database.lock_row  # no sweep deletes it before its jobs are read
        found = _select(transaction, f"id = %s {lock}", (batch.id,)) or _select(
            transaction,
            f"client = %s AND idempotency_key = %s {lock}",
            (batch.client, batch.idempotency_key),
        )
        if found is None:
            return None
        jobs = select_jobs(
            transaction,
            "WHERE id IN (SELECT job_id FROM batch_jobs WHERE batch_id = %s)",
            (found.id,),
        )
        by_id = {job.id: job for job in jobs}
        members = _members(transaction, found.id)
        stored = [submitted(by_id[member.id]) for member in members]
        if stored != [submitted(change.job) for change in changes] or found.client != batch.client:
            raise IdempotencyKeyReused("The idempotency key belongs to another request.")
        return found, members

    def get(self, batch_id: str) -> tuple[Batch, Sequence[Member]] | None:
        with self._database.transaction(writes=False) as transaction:
            batch = _select(transaction, "id = %s", (batch_id,))
            return None if batch is None else (batch, _members(transaction, batch_id))

    def list_jobs(
        self, client: str, before: str | None, limit: int
    ) -> Sequence[tuple[Job, str | None]]:
        """Return jobs of a client with an id below `before`, newest first, and their batches."""
        condition, values = ("AND id < %s", [before]) if before is not None else ("", [])
        with self._database.transaction(writes=False) as transaction:
            jobs = select_jobs(
                transaction,
                f"WHERE client = %s {condition} ORDER BY id DESC LIMIT %s",
                (client, *values, limit),
            )
            marks = ", ".join(["%s"] * len(jobs)) or "NULL"
            rows = transaction.execute(
                f"SELECT job_id, batch_id FROM batch_jobs WHERE job_id IN ({marks})",  # noqa: S608
                [job.id for job in jobs],
            )
        batch_ids = {row[0]: row[1] for row in rows}
        return [(job, batch_ids.get(job.id)) for job in jobs]


def _insert(transaction: Transaction, batch: Batch) -> bool:
    values = (
        *(batch.id, batch.client, batch.idempotency_key),
        *(batch.created_at.timestamp(), batch.retained_until.timestamp()),
    )
    return bool(
        transaction.execute(
            f"INSERT INTO batches ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s)"  # noqa: S608
            " ON CONFLICT DO NOTHING RETURNING id",
            values,
        )
    )


def _select(transaction: Transaction, condition: str, values: Sequence[str | None]) -> Batch | None:
    rows = transaction.execute(f"SELECT {_COLUMNS} FROM batches WHERE {condition}", values)  # noqa: S608
    if not rows:
        return None
    batch_id, client, key, created_at, retained_until = rows[0]
    return Batch(
        id=batch_id,
        client=client,
        idempotency_key=key,
        created_at=datetime.fromtimestamp(created_at, UTC),
        retained_until=datetime.fromtimestamp(retained_until, UTC),
    )


def _members(transaction: Transaction, batch_id: str) -> Sequence[Member]:
    rows = transaction.execute(
        f"SELECT jobs.id, state, updated_at, retained_until FROM batch_jobs {_MEMBERS}",  # noqa: S608
        (batch_id,),
    )
    return [
        Member(job_id, JobState(state), *(datetime.fromtimestamp(time, UTC) for time in times))
        for job_id, state, *times in rows
    ]
