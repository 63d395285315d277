"""The callbacks of jobs: which are accepted, and the log of their deliveries."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mare_services.contract import wire
from mare_services.contract.callback_urls import CallbackUrlRefused, UrlRules, read_url
from mare_services.contract.callbacks import Callback, CallbackAttempted, Outcome
from mare_services.contract.errors import CallbacksUnavailable, InvalidRequest
from mare_services.jobs.domain.job import Job
from mare_services.jobs.job_store import JobStore
from mare_services.jobs.ports import Change, Database

_MOST = 200
"""Deliveries that are returned for one job. Six callbacks with all their attempts are 54, and a
client can try a job again 99 times."""


class DeliveryLog:
    """Attempts to deliver the callbacks of jobs. The `migrations` make the table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, job_id: str, delivery: Any) -> None:
        with self._database.transaction() as transaction:
            transaction.execute(
                "INSERT INTO deliveries (webhook_id, number, job_id, document)"
                " SELECT %s, %s, id, %s FROM jobs WHERE id = %s ON CONFLICT DO NOTHING",
                (delivery["webhook_id"], delivery["number"], json.dumps(delivery), job_id),
            )

    def of(self, job_id: str) -> Sequence[Any]:
        """Return the newest deliveries of a job, the oldest of them first."""
        with self._database.transaction(writes=False) as transaction:
            rows = transaction.execute(
                "SELECT document FROM deliveries WHERE job_id = %s"  # noqa: S608
                f" ORDER BY {self._database.delivered_at} DESC LIMIT %s",
                (job_id, _MOST),
            )
        return sorted((json.loads(row[0]) for row in rows), key=lambda each: str(each["at"]))


@dataclass(eq=False)
class JobCallbacks:
    """Applies the rules of callbacks; without rules, this installation sends none."""

    store: JobStore
    log: DeliveryLog
    rules: UrlRules | None

    def read(self, callback: Callback | None) -> Any:
        """Return the callback as a job holds it; raise InvalidRequest or CallbacksUnavailable."""
        if callback is None:
            return None
        if self.rules is None:
            raise CallbacksUnavailable(
                "This installation sends no callbacks: JOBS_CALLBACKS is not true. Submit without"
                " callback_url, and read the job at its path."
            )
        try:
            destination = read_url(callback.url, self.rules)
        except CallbackUrlRefused as error:
            raise InvalidRequest.of(str(error), "callback_url") from None
        if not callback.events:
            raise InvalidRequest.of("It must contain at least one type.", "events")
        return {
            "url": callback.url,
            "events": [kind.value for kind in dict.fromkeys(callback.events)],
            "destination": destination.origin,
            "ended": False,
        }

    def ended(self, job_id: str) -> bool:
        """Return whether a receiver has ended the callbacks of a job; an unknown job has none."""
        job = self.store.get(job_id)
        return bool(job and job.callback and job.callback["ended"])

    def record(self, attempted: CallbackAttempted) -> None:
        """Add an attempt to the log once; end the callbacks of the job if the receiver is gone."""
        self.log.add(attempted.job_id, wire.write(attempted.delivery))
        if attempted.delivery.outcome is Outcome.GONE:
            self.store.change(attempted.job_id, _end)


def _end(job: Job) -> Change | None:
    if job.callback is None or job.callback["ended"]:
        return None
    return Change(replace(job, callback={**job.callback, "ended": True}))
