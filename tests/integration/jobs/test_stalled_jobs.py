"""A job is published again if the broker has lost its event, not because it waits."""

import sqlite3
from contextlib import closing

import pytest
import uuid_utils

from tests.job_stores import create_sqlite
from tests.serving import call, serving
from tests.vhost import becomes, eventually

pytestmark = pytest.mark.broker

WORK = "evt-jobs-job_accepted--playlists.compose"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "jobs.sqlite"


@pytest.fixture
def jobs(vhost, path):
    """A jobs service whose events find the queues of a playlists service that has stopped."""
    with serving(vhost, "playlists"):
        pass
    create_sqlite(path)
    with serving(vhost, "jobs", JOBS_STORE=f"sqlite://{path}", JOBS_STALLED_SECONDS="0.01"):
        yield vhost


def accept(vhost):
    job = {"id": str(uuid_utils.uuid7()), "request": {"city": "Recife"}}
    return call(vhost, "jobs.accept", job)["result"]["id"]


def execute(path, statement, *values):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(statement, values).fetchall()


def await_sweep(vhost, path):
    """Return when a sweep has begun that finds what is stored now, and one job more."""
    overdue = accept(vhost)
    becomes(lambda: execute(path, "SELECT count(*) FROM outbox"), [(0,)])
    execute(path, "UPDATE jobs SET deadline = 0 WHERE id = ?", overdue)
    state = "SELECT state FROM jobs WHERE id = ?"
    becomes(lambda: execute(path, state, overdue), [("expired",)])


def test_jobs_that_wait_in_the_queue_are_not_published_again(jobs, path):
    for _ in range(5):
        accept(jobs)
    for _ in range(2):  # when the second sweep begins, the first has ended
        await_sweep(jobs, path)

    assert jobs.depth(WORK).ready == 7


def test_a_job_whose_event_is_lost_is_published_again(jobs):
    accept(jobs)
    eventually(lambda: jobs.get(WORK))

    eventually(lambda: jobs.depth(WORK).ready == 1)
