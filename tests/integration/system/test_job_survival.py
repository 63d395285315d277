"""Accepted jobs end with one result, whichever part is killed meanwhile."""

import signal
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.broker_node import Node
from tests.system import running_system
from tests.vhost import eventually

pytestmark = pytest.mark.broker

JOBS = 60
SUBMITTERS = 4
SECONDS = 240.0


@pytest.fixture
def node(rabbitmq_program):
    with Node(rabbitmq_program) as node:
        yield node


@pytest.fixture
def system(node, tmp_path):
    with running_system(
        node.amqp_uri, tmp_path, JOBS_STALLED_SECONDS="10", JOBS_REDELIVERIES="50"
    ) as running:
        yield running


def submit(system, number: int) -> str:
    """Submit a job until it is accepted; return its path. The key makes repetition harmless."""
    give_up = time.monotonic() + SECONDS
    while time.monotonic() < give_up:
        try:
            response = requests.post(
                f"{system.url}/v1/playlists",
                json={"lat": number % 120 - 60, "lon": number, "limit": 1},
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


def test_no_accepted_job_is_lost_while_each_part_is_killed_in_turn(system, node, tmp_path):
    accepted: list[str] = []
    lock = threading.Lock()

    def submit_one(number: int) -> None:
        path = submit(system, number)
        with lock:
            accepted.append(path)

    def at_least(count: int) -> None:
        eventually(lambda: len(accepted) >= count, SECONDS)

    with ThreadPoolExecutor(SUBMITTERS) as pool:
        done = pool.map(submit_one, range(JOBS))
        for position, part in enumerate(("playlists", "jobs", "gateway", "weather"), 1):
            at_least(position * JOBS // 8)
            system.end(part, signal.SIGKILL)
            system.start(part)
        at_least(JOBS * 5 // 8)
        node.settle()
        node.kill()
        node.start()
        list(done)

    def unfinished() -> list[str]:
        states = [system.get(path).json().get("state") for path in accepted]
        return [state for state in states if state != "complete"]

    eventually(lambda: not unfinished(), SECONDS)
    assert len(set(accepted)) == JOBS
    assert rows(tmp_path, "jobs") == JOBS
    eventually(lambda: rows(tmp_path, "outbox") == 0)


def rows(folder: Path, table: str) -> int:
    with sqlite3.connect(folder / "jobs.db", timeout=60) as store:
        return int(store.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
