"""Batches and lists of jobs over HTTP."""

import pytest

from tests.unit.gateway.conftest import JOB

BATCH = {
    "id": "019ab000-0000-7000-8000-00000000000b",
    "state": "pending",
    "created_at": "2026-11-25T12:00:00+00:00",
    "updated_at": "2026-11-25T12:00:00+00:00",
    "expires_at": "2026-11-26T12:00:00+00:00",
    "progress": {"total": 2, "ended": 0, "pending": 2},
    "jobs": [{"id": JOB["id"], "state": "pending"}],
}
PATH = f"/v1/jobs/{BATCH['id']}"
TWO = {"jobs": [{"city": "Recife", "limit": 1}, {"lat": 1, "lon": 2, "lang": "pt"}]}


@pytest.fixture
def rpc(rpc):
    rpc.answers |= {
        "jobs.accept_batch": BATCH,
        "jobs.list_jobs": {"jobs": [{**JOB, "batch_id": None}], "next_cursor": JOB["id"]},
    }
    return rpc


def test_a_batch_is_accepted_with_one_job_for_each_submission(client, rpc):
    response = client.post("/v1/playlists/batch", json=TWO, headers={"Idempotency-Key": "k"})

    assert (response.status_code, response.headers["Location"]) == (202, PATH)
    assert response.get_json()["links"] == {
        "self": PATH, "events": f"{PATH}/events", "cancel": PATH,
    }  # fmt: skip
    sent = rpc.calls[-1].request
    assert [job["request"].get("city") for job in sent["jobs"]] == ["Recife", None]
    assert [job["request"]["lang"] for job in sent["jobs"]] == ["en", "pt"]
    assert len({sent["id"], *(job["id"] for job in sent["jobs"])}) == 3
    assert sent["idempotency_key"]


def test_a_batch_counts_as_its_jobs_for_the_rate_limit(make_client, rpc):
    client = make_client(GATEWAY_RATE_LIMIT="3/day")

    accepted, refused = (client.post("/v1/playlists/batch", json=TWO) for _ in range(2))

    assert accepted.status_code == 202
    assert accepted.headers["RateLimit"].startswith('"address";r=1;')
    assert (refused.status_code, refused.get_json()["code"]) == (429, "too_many_requests")
    assert "A batch of 2 jobs counts as 2 requests" in refused.get_json()["detail"]
    assert len(rpc.calls) == 1


@pytest.mark.parametrize("limit", ["5/day;4/hour", "5/hour;4/day"])
def test_a_batch_that_one_limit_refuses_does_not_count_for_another(make_client, limit):
    client = make_client(GATEWAY_RATE_LIMIT=limit)
    client.get("/v1/jobs")

    refused = client.post("/v1/playlists/batch", json={"jobs": [{"city": "Recife"}] * 4})

    assert refused.status_code == 429
    assert refused.headers["RateLimit"].startswith('"address";r=2;')


def test_a_batch_larger_than_a_limit_is_refused_with_the_size_that_is_allowed(make_client, rpc):
    client = make_client(GATEWAY_RATE_LIMIT="1/day;3/hour")

    refused = client.post("/v1/playlists/batch", json=TWO)

    assert (refused.status_code, refused.get_json()["code"]) == (400, "batch_too_large")
    assert refused.get_json()["detail"] == (
        "A batch of 2 jobs counts as 2 requests, and the limit from your address is 1."
        " Send at most 1 in a batch."
    )
    assert rpc.calls == []


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"jobs": []}, "jobs"),
        ({"jobs": [{"city": "Recife"}] * 101}, "jobs"),
        ({}, "jobs"),
        ({"jobs": [{"city": "Recife"}, {"lat": 91, "lon": 0}]}, "jobs.1.lat"),
        ({"jobs": [{"city": "Recife", "cty": 1}]}, "jobs.0.cty"),
    ],
)
def test_a_wrong_batch_is_refused_as_a_whole(client, rpc, body, parameter):
    response = client.post("/v1/playlists/batch", json=body)

    assert response.status_code == 400
    assert parameter in [error["parameter"] for error in response.get_json()["errors"]]
    assert rpc.calls == []


def test_jobs_are_listed_with_the_path_of_the_next_page(client, rpc):
    page = client.get("/v1/jobs?limit=1").get_json()

    assert page["next"] == f"/v1/jobs?limit=1&cursor={JOB['id']}"
    assert page["jobs"][0]["links"]["self"] == f"/v1/jobs/{JOB['id']}"
    client.get(page["next"])
    assert rpc.calls[-1].request == {"client": "", "limit": 1, "cursor": JOB["id"]}


@pytest.mark.parametrize("cursor", ["abc", "", "%00"])
def test_a_cursor_that_no_page_had_is_refused(problem, rpc, cursor):
    refusal = problem(f"/v1/jobs?cursor={cursor}")

    assert (refusal.status, rpc.calls) == (400, [])
    assert refusal.errors == [
        {"parameter": "cursor", "detail": "It must be the cursor of an earlier answer."}
    ]


def test_jobs_of_clients_without_a_key_are_not_listed_for_other_machines(make_client, problem):
    elsewhere = make_client(GATEWAY_HOST="0.0.0.0")  # every anonymous client would see all jobs
    refusal = problem("/v1/jobs", using=elsewhere)

    assert (refusal.status, refusal.code) == (403, "jobs_not_listed")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("rebound.example:5000", 403),
        ("127.0.0.1.example", 403),
        ("[::1", 403),
        ("127.0.0.1:5000", 200),
        ("[::1]:5000", 200),
        ("localhost:5000", 200),
    ],
)
def test_jobs_are_not_listed_for_a_name_that_leads_to_this_machine(client, host, status):
    assert client.get("/v1/jobs", headers={"Host": host}).status_code == status
