"""A broker, and events in the outbox, for the tests of the relay."""

from datetime import UTC, datetime

import eventlet
from eventlet.event import Event as Signal

from mare_nameko.service.confirming_session import Unroutable
from mare_nameko.service.errors import BrokerUnavailable
from mare_services.contract.jobs import JobSubmission
from mare_services.jobs.domain.job import Event, Terms, new_job
from mare_services.jobs.ports import Change


class Broker:
    def __init__(self):
        self.without_queue, self.silent, self.in_alarm = set(), set(), False
        self.published, self.refused = [], 0
        self.in_flight, self.most_in_flight = 0, 0
        self.ids, self.confirm_seconds = [], 0

    def send(self, event):
        if event.type in self.silent:
            Signal().wait()
        if event.type in self.without_queue:
            self.refused += 1
            raise Unroutable(event.type)
        if self.in_alarm:
            raise BrokerUnavailable("The broker is in alarm and takes no messages.")
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.ids.append(event.message_id)
        eventlet.sleep(self.confirm_seconds)
        self.in_flight -= 1
        self.published.append(event.type)


def accept(store, number, *kinds):
    job = new_job(JobSubmission(id=str(number), request={}), None, datetime.now(UTC), Terms())
    events = tuple(Event(kind, {}, durable=kind != "job_changed") for kind in kinds)
    store.accept(Change(job, events))


def left(store):
    """Return the types in the outbox, and whether they are claimed."""
    with store.database.transaction(writes=False) as transaction:
        rows = transaction.execute("SELECT type, claimed_until > 0 FROM outbox ORDER BY message_id")
    return [(kind, bool(claimed)) for kind, claimed in rows]


def end_claims(store):
    with store.database.transaction() as transaction:
        transaction.execute("UPDATE outbox SET claimed_until = 0")


def becomes(condition):
    with eventlet.Timeout(60):
        while not condition():
            eventlet.sleep(0.01)
