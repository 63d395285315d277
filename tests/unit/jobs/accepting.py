"""Events in the outbox, for the tests of the relay."""

from datetime import UTC, datetime

import eventlet

from mare_services.contract.jobs import JobSubmission
from mare_services.jobs.domain.job import Event, Terms, new_job
from mare_services.jobs.ports import Change


def accept(store, number, *kinds):
    job = new_job(JobSubmission(id=str(number), request={}), None, datetime.now(UTC), Terms())
    events = tuple(Event(kind, {}, durable=kind != "job_changed") for kind in kinds)
    store.accept(Change(job, events))


def left(store):
    """Return the types in the outbox, and whether they are claimed."""
    with store.database.transaction(writes=False) as transaction:
        rows = transaction.execute("SELECT type, claimed_until > 0 FROM outbox ORDER BY message_id")
    return [(kind, bool(claimed)) for kind, claimed in rows]


def becomes(condition):
    with eventlet.Timeout(60):
        while not condition():
            eventlet.sleep(0.01)
