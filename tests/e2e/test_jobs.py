"""Jobs through the ingress: accepted, worked on, stored."""

import uuid

import pytest
import requests

from tests.e2e.application import HOST, Application
from tests.vhost import eventually

pytestmark = pytest.mark.timeout(600)


def post(application: Application, **request: object) -> requests.Response:
    return requests.post(
        f"{application.cluster.ingress}/v1/playlists",
        json=request,
        headers={"Host": HOST, "Idempotency-Key": uuid.uuid4().hex},
        timeout=45,
    )


def test_a_job_is_accepted_and_its_playlist_is_stored(application: Application):
    accepted = post(application, city="Recife", limit=3)

    assert accepted.status_code == 202, accepted.text
    path = accepted.headers["Location"]
    eventually(lambda: application.ask(path).json()["state"] == "complete", seconds=60)
    job = application.ask(path).json()
    assert job["result"]["place"]["name"] == "Recife"
    assert len(job["result"]["playlist"]["tracks"]) == 3


def test_a_job_outlives_its_database_and_its_service(application: Application):
    path = post(application, city="Olinda").headers["Location"]

    application.kill("mare-postgresql-0")
    application.kill(application.pods("jobs")[0])

    def state() -> str:
        response = application.ask(path)
        return response.json()["state"] if response.status_code == 200 else ""

    eventually(lambda: state() == "complete", seconds=180)


def test_jobs_scale_with_their_queue(application: Application):
    burst = [post(application, city="Recife") for _ in range(200)]

    assert {each.status_code for each in burst} == {202}
    paths = [each.headers["Location"] for each in burst]
    eventually(
        lambda: all(application.ask(path).json()["state"] == "complete" for path in paths[-5:]),
        seconds=180,
    )
