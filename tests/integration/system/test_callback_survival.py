"""Each wanted callback arrives with a valid signature, whatever is killed while it is due."""

import base64
import signal
from collections import Counter

import pytest
import requests
from standardwebhooks.webhooks import Webhook

from tests.broker_node import Node
from tests.fakes.receiver import Receiver, status
from tests.system import PATIENT, running_system
from tests.vhost import eventually

pytestmark = pytest.mark.broker

JOBS = 40
WANTED = ["job.weather", "job.complete"]
SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"
SECONDS = 200.0


class Outage:
    """A receiver that answers 500 until it is repaired, and counts what it acknowledged."""

    def __init__(self):
        self.is_down = True

    def __call__(self, connection):
        status(500 if self.is_down else 204)(connection)


@pytest.fixture
def node(rabbitmq_program):
    with Node(rabbitmq_program) as node:
        yield node


@pytest.fixture
def system(node, tmp_path):
    with running_system(
        node.amqp_uri,
        tmp_path,
        JOBS_CALLBACKS="true",
        JOBS_STALLED_SECONDS="10",
        JOBS_REDELIVERIES="50",
        WEBHOOKS_SECRETS=SECRET,
        WEBHOOKS_ALLOW_LOCALHOST="true",
        WEBHOOKS_RETRY_SECONDS=",".join(["1", "2", "3", "5", *["5"] * 30]),
        WEBHOOKS_RATE="100",
        WEBHOOKS_CONCURRENCY="20",
        **PATIENT,
    ) as running:
        running.start("webhooks")
        yield running


def submit(system, number, url):
    response = requests.post(
        f"{system.url}/v1/playlists",
        json={
            "lat": number % 120 - 60,
            "lon": number,
            "limit": 1,
            "callback_url": f"{url}/{number}",
            "events": WANTED,
        },
        headers={"Idempotency-Key": f"job-{number}", "Connection": "close"},
        timeout=90,
    )
    assert response.status_code == 202, response.text
    return response.json()["id"]


def test_each_callback_arrives_although_webhooks_broker_and_jobs_are_killed(system, node):
    outage = Outage()
    with Receiver(outage) as receiver:
        accepted = [submit(system, number, receiver.url) for number in range(JOBS)]
        eventually(lambda: len(receiver.received) >= JOBS // 2, SECONDS)  # all due, none accepted

        for part in ("webhooks", "jobs"):
            system.end(part, signal.SIGKILL)
            system.start(part)
        node.settle()
        node.kill()
        node.start()
        failed = len(receiver.received)
        outage.is_down = False
        eventually(lambda: len(receiver.received) > failed, SECONDS)
        system.end("webhooks", signal.SIGKILL)  # while it delivers
        system.start("webhooks")

        def arrived():
            events = (
                Webhook(SECRET).verify(request.body, request.headers)
                for request in receiver.received[failed:]
            )
            return Counter((event["data"]["id"], event["type"]) for event in events)

        wanted = {(job, kind) for job in accepted for kind in WANTED}
        eventually(lambda: not wanted - set(arrived()), SECONDS)
        # A callback is sent again if the service was killed before its report.
        both = {("failed", 500), ("delivered", 204)}  # not of those that were postponed
        eventually(lambda: any(both <= outcomes(system, job) for job in accepted))

    assert set(arrived()) == wanted
    assert "/hook/1" not in system.log("webhooks")


def outcomes(system, job):
    """Return the outcomes and status codes in the delivery log of a job."""
    response = system.get(f"/v1/jobs/{job}/deliveries")
    log = response.json()["deliveries"] if response.ok else []
    return {(each["outcome"], each["status"]) for each in log}
