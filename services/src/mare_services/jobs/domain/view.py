"""A job as its owner sees it, and the callbacks that carry it."""

from typing import Any

from mare_services.contract.callbacks import CallbackType
from mare_services.contract.jobs import JobState
from mare_services.jobs.domain.job import Job, OutboxEvent, changed_event

_CALLBACKS = {
    JobState.RUNNING: CallbackType.STARTED,
    JobState.PARTIAL: CallbackType.WEATHER,
    JobState.COMPLETE: CallbackType.COMPLETE,
    JobState.FAILED: CallbackType.FAILED,
    JobState.CANCELLED: CallbackType.CANCELLED,
    JobState.EXPIRED: CallbackType.EXPIRED,
}


def view(job: Job) -> Any:
    """Return the ``JobView`` of a job, as plain JSON."""
    return {
        "id": job.id,
        "state": job.state.value,
        "request": job.request,
        "created_at": job.created_at.isoformat(),
        "updated_at": job.updated_at.isoformat(),
        "expires_at": job.retained_until.isoformat(),
        "attempt": job.attempt,
        "weather": job.weather,
        "result": job.result,
        "failure": job.failure,
        "callback": job.callback
        and {name: value for name, value in job.callback.items() if name != "url"},
    }


def change_events(job: Job) -> tuple[OutboxEvent, ...]:
    """Return the events to publish after a change: for streams, and for a callback if wanted."""
    kind = _CALLBACKS.get(job.state)
    callback = job.callback
    if kind is None or callback is None or callback["ended"] or kind not in callback["events"]:
        return (changed_event(job),)
    payload = {"type": kind.value, "timestamp": job.updated_at.isoformat(), "data": view(job)}
    due = {
        "webhook_id": f"msg_{job.id}_{job.attempt}_{job.state}",
        "job_id": job.id,
        "type": kind.value,
        "url": callback["url"],
        "payload": payload,
    }
    return (changed_event(job), OutboxEvent("callback_due", due))
