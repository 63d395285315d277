"""Accepted jobs end with one result and their callbacks arrive, whichever part is killed."""

import base64
import signal
import sqlite3
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import requests
from standardwebhooks.webhooks import Webhook

from tests import recorded_results
from tests.broker_node import Node
from tests.fakes.receiver import Receiver, status
from tests.system import running_system
from tests.vhost import eventually

pytestmark = pytest.mark.broker

JOBS = 60
SUBMITTERS = 4
SECONDS = 240.0
WANTED = ["job.weather", "job.complete"]
SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"


class Outage:
    """A receiver that answers 500 until it is repaired."""

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
        WEBHOOKS_RETRY_SECONDS=",".join(["1", "2", "3", *["5"] * 60]),
        WEBHOOKS_RATE="100",
        WEBHOOKS_CONCURRENCY="20",
    ) as running:
        running.start("webhooks")
        yield running


def submit(system, number: int, url: str) -> str:
    """Submit a job until it is accepted; return its path. The key makes repetition harmless."""
    give_up = time.monotonic() + SECONDS
    while time.monotonic() < give_up:
        try:
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
                timeout=40,
            )
        except requests.RequestException:
            time.sleep(0.2)
            continue
        if response.status_code in (200, 202):  # 200: a repeated submission whose job has ended
            return response.headers["Location"]
        assert response.status_code in (502, 503, 504), response.text
        time.sleep(0.2)
    raise AssertionError(f"job {number} was not accepted")


def test_no_job_and_no_callback_is_lost_while_each_part_is_killed_in_turn(system, node, tmp_path):
    outage = Outage()
    execute = partial(execute_in, tmp_path)
    recorded_results.watch(execute, sqlite=True)
    with Receiver(outage) as receiver:
        accepted = submit_while_parts_are_killed(system, node, receiver)
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

        def unfinished() -> list[str]:
            states = [system.get(path).json().get("state") for path in accepted]
            return [state for state in states if state != "complete"]

        eventually(lambda: not unfinished(), SECONDS)
        jobs = [path.rpartition("/")[2] for path in accepted]
        wanted = {(job, kind) for job in jobs for kind in WANTED}
        eventually(lambda: not wanted - set(arrived()), SECONDS)
        # A callback is sent again if the service was killed before its report.
        both = {("failed", 500), ("delivered", 204)}  # not of those that were postponed
        eventually(lambda: any(both <= outcomes(system, path) for path in accepted))

    assert set(arrived()) == wanted
    assert "/hook/1" not in system.log("webhooks")
    assert len(set(accepted)) == JOBS
    assert execute("SELECT count(*) FROM jobs") == [(JOBS,)]
    assert recorded_results.with_two_results(execute) == []
    assert execute("SELECT count(*) FROM recorded_results") == [(JOBS,)]
    eventually(lambda: execute("SELECT count(*) FROM outbox") == [(0,)])


def submit_while_parts_are_killed(system, node, receiver) -> list[str]:
    """Return the paths of all jobs. Callbacks are due then, and none has been accepted."""
    accepted: list[str] = []
    lock = threading.Lock()

    def submit_one(number: int) -> None:
        path = submit(system, number, receiver.url)
        with lock:
            accepted.append(path)

    def at_least(count: int) -> None:
        eventually(lambda: len(accepted) >= count, SECONDS)

    with ThreadPoolExecutor(SUBMITTERS) as pool:
        done = pool.map(submit_one, range(JOBS))
        parts = ("playlists", "jobs", "gateway", "weather", "music")
        for position, part in enumerate(parts, 1):
            at_least(position * JOBS // 10)
            system.end(part, signal.SIGKILL)
            system.start(part)
        eventually(lambda: len(receiver.received) >= JOBS // 4, SECONDS)
        system.end("webhooks", signal.SIGKILL)
        system.start("webhooks")
        at_least(JOBS * 6 // 10)
        node.settle()
        node.kill()
        node.start()
        list(done)
    return accepted


def outcomes(system, path):
    """Return the outcomes and status codes in the delivery log of a job."""
    response = system.get(f"{path}/deliveries")
    log = response.json()["deliveries"] if response.ok else []
    return {(each["outcome"], each["status"]) for each in log}


def execute_in(folder: Path, statement: str):
    with sqlite3.connect(folder / "jobs.db", timeout=60) as store:
        return store.execute(statement).fetchall()
