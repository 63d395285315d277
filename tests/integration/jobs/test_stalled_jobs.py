"""A job is published again if the broker has lost its event."""

import pytest
import uuid_utils

from tests.job_stores import create_sqlite
from tests.serving import call, serving
from tests.vhost import eventually

pytestmark = pytest.mark.broker

WORK = "evt-jobs-job_accepted--playlists.compose"


@pytest.fixture
def jobs(vhost, tmp_path):
    """A jobs service whose events find the queues of a playlists service that has stopped."""
    with serving(vhost, "playlists"):
        pass
    path = tmp_path / "jobs.sqlite"
    create_sqlite(path)
    with serving(vhost, "jobs", JOBS_STORE=f"sqlite://{path}", JOBS_STALLED_SECONDS="0.01"):
        yield vhost


def accept(vhost):
    job = {"id": str(uuid_utils.uuid7()), "request": {"city": "Recife"}}
    return call(vhost, "jobs.accept", job)["result"]["id"]


def test_a_job_whose_event_is_lost_is_published_again(jobs):
    accept(jobs)
    eventually(lambda: jobs.get(WORK))

    eventually(lambda: jobs.depth(WORK).ready == 1)
