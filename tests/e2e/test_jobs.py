"""Jobs through the ingress: accepted, streamed, stored."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.e2e.application import Application
from tests.vhost import eventually

pytestmark = pytest.mark.timeout(600)


def post(application: Application, **request: object) -> requests.Response:
    return requests.post(
        f"{application.cluster.ingress}/v1/playlists",
        json=request,
        headers={"Host": application.host, "Idempotency-Key": uuid.uuid4().hex},
        timeout=60,
    )


def test_a_job_is_streamed_until_its_playlist_comes(application: Application):
    accepted = post(application, city="Recife", limit=3)

    assert accepted.status_code == 202, accepted.text
    path = accepted.headers["Location"]
    assert streamed_events(application, f"{path}/events")[-1] == "end"
    job = application.get(path).json()
    assert job["state"] == "complete"
    assert job["result"]["place"]["name"] == "Recife"
    assert len(job["result"]["playlist"]["tracks"]) == 3


def streamed_events(application: Application, path: str) -> list[str]:
    """Return the types of the events of a stream, which ends with its job."""
    with requests.get(
        f"{application.cluster.ingress}{path}",
        headers={"Host": application.host, "Accept": "text/event-stream"},
        stream=True,
        timeout=60,
    ) as response:
        assert response.status_code == 200, response.text
        lines = response.iter_lines(chunk_size=1, decode_unicode=True)
        return [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]


def test_a_job_outlives_its_database_and_its_service(application: Application):
    path = post(application, city="Olinda").headers["Location"]

    application.kill("mare-postgresql-0")
    application.kill(application.pods("jobs")[0])

    eventually(lambda: state(application, path) == "complete", seconds=180)
    application.roll_out("mare-jobs")


def state(application: Application, path: str) -> str:
    response = application.get(path)
    return response.json()["state"] if response.status_code == 200 else ""


def test_all_jobs_of_a_burst_end(application: Application):
    with ThreadPoolExecutor(8) as pool:
        burst = list(pool.map(lambda number: accepted(application, number), range(120)))
        open_jobs = {each.headers["Location"] for each in burst}

        def all_complete() -> bool:
            paths = sorted(open_jobs)
            states = pool.map(lambda path: state(application, path), paths)
            open_jobs.difference_update(
                path for path, now in zip(paths, states, strict=True) if now == "complete"
            )
            return not open_jobs

        eventually(all_complete, seconds=240)


def accepted(application: Application, number: int) -> requests.Response:
    """Submit a job until it is accepted: a gateway under load may answer 503 with Retry-After."""
    answers: list[requests.Response] = []

    def is_accepted() -> bool:
        answers.append(post(application, **somewhere(number)))
        assert answers[-1].status_code == 202 or "Retry-After" in answers[-1].headers
        return answers[-1].status_code == 202

    eventually(is_accepted)
    return answers[-1]


def somewhere(number: int) -> dict[str, float]:
    """Return the coordinates of a point that no cache has."""
    return {"lat": number / 4 - 30, "lon": 77.7}
