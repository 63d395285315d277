"""The callbacks of jobs: which are accepted, and the log of their deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mare_services.contract import wire
from mare_services.contract.callback_urls import CallbackUrlRefused, UrlRules, read_url
from mare_services.contract.callbacks import Callback, CallbackAttempted, Outcome
from mare_services.contract.errors import CallbacksUnavailable, InvalidRequest
from mare_services.jobs.delivery_log import DeliveryLog
from mare_services.jobs.domain.job import Job
from mare_services.jobs.job_store import JobStore
from mare_services.jobs.ports import Change


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
                "This installation sends no callbacks: WEBHOOKS_SECRETS is not set. Submit without"
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

    def record(self, attempted: CallbackAttempted) -> None:
        """Add an attempt to the log once; end the callbacks of the job if the receiver is gone."""
        self.log.add(attempted.job_id, wire.write(attempted.delivery))
        if attempted.delivery.outcome is Outcome.GONE:
            self.store.change(attempted.job_id, _end)

    def deliveries(self, job_id: str) -> Sequence[Any]:
        return self.log.of(job_id)


def _end(job: Job) -> Change | None:
    if job.callback is None or job.callback["ended"]:
        return None
    return Change(replace(job, callback={**job.callback, "ended": True}))
