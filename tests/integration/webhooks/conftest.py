"""The webhooks service in a process of its own, with events of the test."""

import base64
import json
from contextlib import contextmanager

import pytest
from standardwebhooks.webhooks import Webhook

from mare_services.contract.callbacks import CALLBACK_QUEUE as CALLBACKS
from tests.serving import serving
from tests.vhost import eventually

SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"
REPORTS = "test-reports"


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

    def publish(self, url, job_id="1", kind="job.complete"):
        due = {
            "webhook_id": f"msg_{job_id}_1_{kind.removeprefix('job.')}",
            "job_id": job_id,
            "type": kind,
            "url": url,
            "payload": {"type": kind, "timestamp": "2026-11-25T12:00:00Z", "data": {"id": job_id}},
        }
        self.vhost.publish(
            json.dumps(due),
            exchange="jobs.events",
            routing_key="callback_due",
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=2,
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
