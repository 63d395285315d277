"""Callbacks over HTTP: wanted with a job, logged below it."""

import pytest

from mare_nameko.client import RemoteError
from tests.unit.gateway.conftest import JOB

URL = "https://example.com/hooks"
LOG = {"deliveries": [{"webhook_id": "msg_1", "number": 1, "outcome": "delivered"}]}


def submit(client, **fields):
    return client.post("/v1/playlists", json={"city": "Recife", **fields})


def test_the_callback_goes_to_the_jobs_service_apart_from_the_request(client, rpc):
    submit(client, callback_url=URL, events=["job.weather", "job.complete"])

    submission = rpc.calls[-1].request
    assert submission["callback"] == {"url": URL, "events": ["job.weather", "job.complete"]}
    assert {"callback_url", "events"}.isdisjoint(submission["request"])


@pytest.mark.parametrize(
    ("fields", "callback"), [({}, None), ({"callback_url": URL}, {"url": URL})]
)
def test_neither_a_callback_nor_its_events_are_made_up(client, rpc, fields, callback):
    submit(client, **fields)

    assert rpc.calls[-1].request["callback"] == callback


LOCAL_URLS = (
    "http://127.0.0.1:6379/",
    "http://127.9.9.9/",
    "https://localhost:8443/",
    "HTTP://LOCALHOST",
    "http://[::1]:80/x",
)
HERE = {"environ_base": {"REMOTE_ADDR": "127.0.0.1"}, "base_url": "http://127.0.0.1:5000"}
REBOUND = HERE | {"base_url": "http://rebound.example:5000"}
ELSEWHERE = HERE | {"environ_base": {"REMOTE_ADDR": "192.0.2.1"}}


@pytest.mark.parametrize("url", LOCAL_URLS)
@pytest.mark.parametrize(
    ("settings", "origin"),
    [({}, REBOUND), ({}, ELSEWHERE), ({"GATEWAY_HOST": "0.0.0.0"}, HERE)],
)
def test_only_this_machine_may_have_callbacks_sent_to_it(make_client, rpc, url, settings, origin):
    client = make_client(**settings)
    job = {"city": "Recife", "callback_url": url}

    responses = [
        client.post("/v1/playlists", json=job, **origin),
        client.post("/v1/playlists/batch", json={"jobs": [{"city": "Recife"}, job]}, **origin),
    ]

    assert [each.status_code for each in responses] == [403, 403]
    assert {each.get_json()["code"] for each in responses} == {"local_callback_refused"}
    assert rpc.calls == []


@pytest.mark.parametrize("url", LOCAL_URLS)
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_the_jobs_service_decides_on_local_callbacks_for_this_machine(client, rpc, url, name):
    origin = HERE | {"base_url": f"http://{name}:5000"}

    response = client.post("/v1/playlists", json={"city": "x", "callback_url": url}, **origin)

    assert response.status_code == 202
    assert rpc.calls[-1].request["callback"]["url"] == url


@pytest.mark.parametrize(
    ("fields", "parameter"),
    [
        ({"events": ["job.complete"]}, "events"),
        ({"callback_url": URL, "events": []}, "events"),
        ({"callback_url": URL, "events": ["job.paid"]}, "events.0"),
        ({"callback_url": URL, "events": "job.complete"}, "events"),
        ({"callback_url": ""}, "callback_url"),
        ({"callback_url": "https://example.com/" + "x" * 2000}, "callback_url"),
        ({"callback_url": 7}, "callback_url"),
    ],
)
def test_a_callback_with_a_mistake_is_refused_before_any_call(client, rpc, fields, parameter):
    response = submit(client, **fields)

    assert response.status_code == 400
    assert {each["parameter"] for each in response.get_json()["errors"]} == {parameter}
    assert rpc.calls == []


def test_a_get_takes_no_callback(client):
    response = client.get(f"/v1/playlists?city=Recife&callback_url={URL}")

    assert response.status_code == 400


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("CallbacksUnavailable", "callbacks_unavailable"),
        ("InvalidRequest", "invalid_parameter"),
    ],
)
def test_a_refused_callback_is_a_problem_with_the_reason(client, rpc, error, code):
    rpc.answers["jobs.accept"] = RemoteError(error, ("Its port must be 443.", {}))

    response = submit(client, callback_url=URL)

    assert response.status_code == 400
    assert response.get_json()["code"] == code
    assert response.get_json()["detail"] == "Its port must be 443."


def test_deliveries_are_a_subresource_of_the_job(client, rpc):
    rpc.answers["jobs.deliveries"] = LOG

    response = client.get(f"/v1/jobs/{JOB['id']}/deliveries")

    assert response.get_json() == LOG
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert rpc.calls[-1].request["id"] == JOB["id"]
