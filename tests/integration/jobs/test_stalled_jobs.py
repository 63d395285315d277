"""A job is published again if the broker has lost its event, not because it waits."""

import pytest
import uuid_utils

from tests.job_stores import create_sqlite
from tests.serving import call, serving
from tests.vhost import eventually

pytestmark = pytest.mark.broker

WORK = "evt-jobs-job_accepted--playlists.compose"


@pytest.fixture
def duration():
    """Seconds after which a job expires."""
    return 900


@pytest.fixture
def jobs(vhost, tmp_path, duration):
    """A jobs service whose events find the queues of a playlists service that has stopped."""
    with serving(vhost, "playlists"):
        pass
    create_sqlite(tmp_path / "jobs.sqlite")
    settings = {"JOBS_STALLED_SECONDS": "1", "JOBS_DURATION_SECONDS": str(duration)}
    with serving(vhost, "jobs", JOBS_STORE=f"sqlite://{tmp_path}/jobs.sqlite", **settings):
        yield vhost


def accept(vhost):
    job = {"id": str(uuid_utils.uuid7()), "request": {"city": "Recife"}}
    return call(vhost, "jobs.accept", job)["result"]["id"]


@pytest.mark.parametrize("duration", [15])
def test_jobs_that_wait_in_the_queue_are_not_published_again(jobs):
    accepted = [accept(jobs) for _ in range(5)]
    eventually(lambda: jobs.depth(WORK).ready == len(accepted))

    def is_expired():
        return call(jobs, "jobs.get", {"id": accepted[-1]})["result"]["state"] == "expired"

    eventually(is_expired, 120)

    assert jobs.depth(WORK).ready == len(accepted)


def test_a_job_whose_event_is_lost_is_published_again(jobs):
    accept(jobs)
    eventually(lambda: jobs.get(WORK))

    eventually(lambda: jobs.depth(WORK).ready == 1)
