"""A job as its owner sees it, and the callbacks that carry it."""

from typing import Any

from mare_services.contract.callbacks import CallbackType
from mare_services.contract.jobs import JobState
from mare_services.jobs.domain.job import Event, Job, accepted_event, changed_event

_CALLBACKS = {
    JobState.RUNNING: CallbackType.STARTED,
    JobState.PARTIAL: CallbackType.WEATHER,
    JobState.COMPLETE: CallbackType.COMPLETE,
    JobState.FAILED: CallbackType.FAILED,
    JobState.CANCELLED: CallbackType.CANCELLED,
    JobState.EXPIRED: CallbackType.EXPIRED,
}
_STEPS = (CallbackType.STARTED, CallbackType.WEATHER)
"""Callbacks that others of the same attempt follow."""


def head(job: Job) -> dict[str, Any]:
    """Return the ``JobHead`` of a job, as plain JSON."""
    return {
        "id": job.id,
        "state": job.state.value,
        "request": job.request,
        "created_at": job.created_at.isoformat(),
        "updated_at": job.updated_at.isoformat(),
        "expires_at": job.retained_until.isoformat(),
        "attempt": job.attempt,
        "failure": job.failure,
    }


def view(job: Job) -> Any:
    """Return the ``JobView`` of a job, as plain JSON."""
    return {
        **head(job),
        "weather": job.weather,
        "result": job.result,
        "callback": job.callback
        and {name: value for name, value in job.callback.items() if name != "url"},
    }


def change_events(job: Job, before: Job) -> tuple[Event, ...]:
    """Return the events to publish after a change: for streams, callbacks, and another attempt.

    A playlist that overtakes the weather brings it along. ``job.weather`` is then sent as well, so
    that a receiver can rely on it.
    """
    events = [changed_event(job)]
    if job.callback is not None and not job.callback["ended"]:
        reached = [_CALLBACKS[job.state]] if job.state in _CALLBACKS else []
        if before.weather is None and job.weather is not None:
            reached.insert(0, CallbackType.WEATHER)
        wanted = job.callback["events"]
        events += [_due(job, kind) for kind in dict.fromkeys(reached) if kind in wanted]
    if job.state is JobState.PENDING:
        events.append(accepted_event(job))
    return tuple(events)


def _due(job: Job, kind: CallbackType) -> Event:
    earlier = _STEPS[: _STEPS.index(kind)] if kind in _STEPS else _STEPS
    data = {
        "webhook_id": f"msg_{job.id}_{job.attempt}_{kind.removeprefix('job.')}",
        "job_id": job.id,
        "type": kind.value,
        "url": job.callback["url"],
        "first": job.attempt == 1 and not any(step in job.callback["events"] for step in earlier),
        "payload": {
            "type": kind.value,
            "timestamp": job.updated_at.isoformat(),
            "data": view(job),
        },
    }
    return Event("callback_due", data)
