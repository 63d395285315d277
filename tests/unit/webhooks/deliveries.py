"""A callback, and what its delivery needs: a receiver, queues and a record of the test."""

import base64

from mare_services.contract.callbacks import CallbackDue, CallbackType
from mare_services.webhooks.delivery import Received
from mare_services.webhooks.ports import Answer

SECRET = f"whsec_{base64.b64encode(bytes(32)).decode()}"
NOW = 1_800_000_000.0
DUE = CallbackDue(
    webhook_id="msg_1_1_complete",
    job_id="1",
    type=CallbackType.COMPLETE,
    url="https://example.com/hook?token=secret",
    payload={"type": "job.complete", "timestamp": "2026-11-25T12:00:00Z", "data": {"id": "1"}},
)


class Receiver:
    """Answers as told: a status, an Answer or an error; remembers what it got."""

    def __init__(self):
        self.answer = 204
        self.requests = []

    def post(self, destination, headers, body, seconds):
        self.requests.append((destination, headers, body))
        self.seconds = seconds
        if isinstance(self.answer, Exception):
            raise self.answer
        return Answer(status=self.answer) if isinstance(self.answer, int) else self.answer


class Queues:
    def __init__(self):
        self.parked, self.dead, self.reports = [], [], []

    def park(self, due, seconds):
        self.parked.append((due, seconds))

    def dead_letter(self, due, reason):
        self.dead.append((due, reason))

    def report(self, attempted):
        self.reports.append(attempted.delivery)


class Subscriptions:
    """The record of the jobs service: `ended` jobs; None while it does not answer."""

    def __init__(self):
        self.ended, self.asked = set(), []

    def have_ended(self, job_id):
        self.asked.append(job_id)
        return None if self.ended is None else job_id in self.ended


def handle(delivery, due, queues, subscriptions=None, **received):
    received = Received(due=due, **received)
    delivery.handle(received, queues, (subscriptions or Subscriptions()).have_ended)
