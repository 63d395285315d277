"""The webhooks service in a process of its own, with events of the test."""

import base64
import json
import threading
from contextlib import contextmanager

import amqp
import pytest
from standardwebhooks.webhooks import Webhook

from mare_services.contract.callbacks import CALLBACK_QUEUE as CALLBACKS
from tests.serving import serving
from tests.vhost import eventually

SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"
REPORTS = "test-reports"


class Record(threading.Thread):
    """Answers for the jobs service whether callbacks have ended, in the ``with`` block."""

    def __init__(self, vhost):
        super().__init__(daemon=True)
        self.ended = set()
        self._connection = vhost.connect()
        self._channel = self._connection.channel()
        self._channel.exchange_declare("nameko-rpc", "topic", durable=True, auto_delete=False)
        self._channel.queue_declare("rpc-jobs", durable=True, auto_delete=False)
        self._channel.queue_bind("rpc-jobs", "nameko-rpc", routing_key="jobs.*")
        self._channel.basic_consume("rpc-jobs", no_ack=True, callback=self._answer)
        self._over = False

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._over = True
        self.join()
        self._connection.close()

    def run(self):
        while not self._over:
            try:
                self._connection.drain_events(timeout=0.1)
            except TimeoutError:
                continue

    def _answer(self, message):
        (query,) = json.loads(message.body)["args"]
        answer = {"result": {"ended": query["id"] in self.ended}, "error": None}
        reply = amqp.Message(
            json.dumps(answer),
            content_type="application/json",
            content_encoding="utf-8",
            correlation_id=message.properties["correlation_id"],
        )
        reply_to = message.properties["reply_to"]
        self._channel.basic_publish(reply, exchange="nameko-rpc", routing_key=reply_to)


class Webhooks:
    """Publishes what the jobs service would publish, and reads what it would record."""

    def __init__(self, vhost):
        self.vhost = vhost
        with vhost.connect() as connection:
            channel = connection.channel()
            for exchange in ("jobs.events", "webhooks.events"):
                channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
            channel.queue_declare(REPORTS, durable=True, auto_delete=False)
            channel.queue_bind(REPORTS, "webhooks.events", "callback_attempted")

    @contextmanager
    def running(self, **environ):
        settings = {
            "WEBHOOKS_SECRETS": SECRET,
            "WEBHOOKS_ALLOW_LOCALHOST": "true",
            "WEBHOOKS_ATTEMPT_SECONDS": "60",
            "WEBHOOKS_RETRY_SECONDS": "1,2,1",
            "RUNTIME_MAX_WORKERS": "20",
            "LOG_LEVEL": "WARNING",
            **environ,
        }
        with serving(self.vhost, "webhooks", queue=CALLBACKS, **settings) as process:
            yield process

    def record(self):
        return Record(self.vhost)

    def publish(self, url, job_id="1", kind="job.complete", **headers):
        due = {
            "webhook_id": f"msg_{job_id}_1_{kind.removeprefix('job.')}",
            "job_id": job_id,
            "type": kind,
            "url": url,
            "first": True,
            "payload": {"type": kind, "timestamp": "2026-11-25T12:00:00Z", "data": {"id": job_id}},
        }
        self.vhost.publish(
            json.dumps(due),
            exchange="jobs.events",
            routing_key="callback_due",
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=2,
            application_headers=headers,
        )

    def reports(self):
        """Return the reports that arrived since the last call: the deliveries in order."""
        found = []
        while message := self.vhost.get(REPORTS):
            found.append(json.loads(message.body)["delivery"])
        return found

    def await_reports(self, count):
        """Return the next ``count`` reports in the order of their attempts."""
        found = []
        eventually(lambda: len(found.extend(self.reports()) or found) >= count)
        assert len(found) == count
        return sorted(found, key=lambda delivery: delivery["number"])


@pytest.fixture
def webhooks(vhost):
    return Webhooks(vhost)


def verified(received):
    """Return the events that a receiver got; raise if a signature is not valid."""
    return [
        Webhook(SECRET).verify(request.body, request.headers, json_parse=True)
        for request in received
    ]
