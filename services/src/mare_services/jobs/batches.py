"""What clients do with batches and lists of jobs, over any store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mare_services.contract.errors import JobNotChangeable, JobNotFound
from mare_services.contract.jobs import BatchSubmission, JobState, JobSubmission
from mare_services.jobs.batch_store import BatchStore
from mare_services.jobs.domain.batch import Batch, view
from mare_services.jobs.domain.job import accepted_event, new_job
from mare_services.jobs.domain.view import head
from mare_services.jobs.lifecycle import NO_JOB, JobLifecycle
from mare_services.jobs.ports import Change


@dataclass(eq=False)
class BatchLifecycle:
    """Applies the rules of batches to a store. All methods block on the store."""

    store: BatchStore
    lifecycle: JobLifecycle

    def accept(self, submitted: BatchSubmission, callbacks: Sequence[Any]) -> Any:
        """Store all jobs durably, with what they hold of their callbacks; return the ``BatchView``.

        Returns the first batch for a repeated id or key. Raises IdempotencyKeyReused or
        TooManyOpenJobs.
        """
        now, terms = self.lifecycle.clock(), self.lifecycle.terms
        batch = Batch(
            id=submitted.id,
            client=submitted.client,
            idempotency_key=submitted.idempotency_key,
            created_at=now,
            retained_until=now + terms.retention,
        )
        changes = []
        for item, callback in zip(submitted.jobs, callbacks, strict=True):
            submission = JobSubmission(
                id=item.id,
                request=item.request,
                client=submitted.client,
                submitter=submitted.submitter,
            )
            job = new_job(submission, callback, now, terms, self.lifecycle.context())
            changes.append(Change(job, (accepted_event(job),), job.context))
        return view(*self.store.accept(batch, changes))

    def get(self, batch_id: str, client: str) -> Any:
        """Return the ``BatchView``; raise JobNotFound, also for the batch of another client."""
        found = self.store.get(batch_id)
        if found is None or found[0].client != client:
            raise JobNotFound(NO_JOB)
        return view(*found)

    def cancel(self, batch_id: str, client: str) -> Any:
        """Cancel the jobs of a batch that have not ended.

        Raises JobNotChangeable if all have ended and none is cancelled. Otherwise the request may
        be delivered twice.
        """
        batch = self.get(batch_id, client)
        state = JobState(batch["state"])
        if state.is_terminal and not batch["progress"][JobState.CANCELLED]:
            raise JobNotChangeable(
                f"A batch that is {state} cannot be cancelled.", {"state": state}
            )
        for job in batch["jobs"]:
            try:
                self.lifecycle.cancel(job["id"], client)
            except (JobNotChangeable, JobNotFound):
                continue
        return self.get(batch_id, client)

    def list_jobs(self, client: str, limit: int, cursor: str | None) -> Any:
        """Return a ``JobList``; a cursor is the id of the last job of a page."""
        rows = self.store.list_jobs(client, cursor, limit + 1)
        jobs = [{**head(job), "batch_id": batch_id} for job, batch_id in rows[:limit]]
        return {"jobs": jobs, "next_cursor": jobs[-1]["id"] if len(rows) > limit else None}
