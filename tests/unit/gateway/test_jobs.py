"""Jobs over HTTP: accepted with 202, read, cancelled and tried again."""

import re
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from mare_gateway.api import jobs
from mare_gateway.api.headers import Preferences
from mare_nameko.client import RemoteError
from tests.fakes.clock import Clock
from tests.unit.gateway.conftest import JOB
from tests.vhost import becomes

PATH = f"/v1/jobs/{JOB['id']}"
UUID_7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def submit(client, body=None, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/v1/playlists", json=body or {"city": "Recife"}, headers=named)


def test_a_stored_job_is_accepted_with_its_path(client, rpc):
    response = submit(client)

    assert response.status_code == 202
    assert response.headers["Location"] == PATH
    assert response.headers["Retry-After"] == "1"
    assert response.headers["Cache-Control"] == "private, no-store"
    document = response.get_json()
    assert document["state"] == "pending"
    assert document["links"] == {
        "self": PATH,
        "events": f"{PATH}/events",
        "cancel": PATH,
        "retry": f"{PATH}/retry",
    }
    call = rpc.calls[-1]
    assert call.target == "jobs.accept"
    assert UUID_7.fullmatch(call.request["id"])
    assert call.request["request"]["city"] == "Recife"
    assert call.request["idempotency_key"] is None


def test_each_submission_has_an_id_of_its_own(client, rpc):
    submit(client)
    submit(client)

    assert rpc.calls[0].request["id"] != rpc.calls[1].request["id"]


def sent_key(client, rpc, key, address="192.0.2.1"):
    client.post(
        "/v1/playlists",
        json={"city": "Recife"},
        headers={"Idempotency-Key": key},
        environ_base={"REMOTE_ADDR": address},
    )
    return rpc.calls[-1].request["idempotency_key"]


def test_an_idempotency_key_is_that_of_one_client_address(client, rpc):
    first = sent_key(client, rpc, "order-1")

    assert first == sent_key(client, rpc, "order-1")
    assert first != sent_key(client, rpc, "order-2")
    assert first != sent_key(client, rpc, "order-1", address="192.0.2.2")


@pytest.mark.parametrize("joined", ["order-1,order-1", '"order-1","order-1"', "a, b"])
def test_a_request_with_two_idempotency_keys_is_refused(client, rpc, joined):
    """Granian joins a header that is sent twice by a comma."""
    response = client.post(
        "/v1/playlists", json={"city": "Recife"}, headers={"Idempotency-Key": joined}
    )

    assert (response.status_code, response.json["code"]) == (400, "invalid_idempotency_key")
    assert rpc.calls == []


def test_a_key_in_quotes_may_have_a_comma(client, rpc):
    assert sent_key(client, rpc, '"a,b"') != sent_key(client, rpc, '"a,c"')


def test_a_few_clients_that_prefer_to_wait_leave_threads_to_the_others(make_client, rpc):
    rpc.answers["jobs.get"] = JOB  # the job does not end
    client = make_client(GATEWAY_TIMEOUT="60", GATEWAY_THREADS="12", GATEWAY_MAX_IN_FLIGHT="2")
    with ThreadPoolExecutor(6) as threads:
        answers = [threads.submit(submit, client, Prefer="wait=30") for _ in range(6)]
        becomes(lambda: sum(each.done() for each in answers), 4)
        at_once = [each.result() for each in answers if each.done()]
        rpc.answers["jobs.get"] = {**JOB, "state": "complete"}
        later = [each.result(60) for each in answers if each.result(60) not in at_once]

    def applied(responses):
        return [(each.status_code, each.headers.get("Preference-Applied")) for each in responses]

    assert applied(at_once) == [(202, None)] * 4
    assert applied(later) == [(200, "wait=30")] * 2


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256, '"open', '""', '"a\\n"'])
def test_a_malformed_idempotency_key_is_refused_before_any_call(client, rpc, key):
    response = submit(client, Idempotency_Key=key)

    assert response.status_code == 400
    assert response.get_json()["code"] == "invalid_idempotency_key"
    assert rpc.calls == []


def test_a_reused_idempotency_key_is_422(client, rpc):
    rpc.answers["jobs.accept"] = RemoteError(
        "IdempotencyKeyReused", ("The idempotency key belongs to another request.", {})
    )

    response = submit(client, Idempotency_Key="k")

    assert response.status_code == 422
    assert response.get_json()["code"] == "idempotency_key_reused"


def test_a_body_with_mistakes_is_refused_with_the_names_of_its_fields(client, rpc):
    response = submit(client, {"city": "Recife", "limit": 99, "colour": "red"})

    assert response.status_code == 400
    assert {each["parameter"] for each in response.get_json()["errors"]} == {"limit", "colour"}
    assert rpc.calls == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"Recife"', b"\xff"])
def test_a_body_that_is_no_object_is_a_problem_and_not_an_error_of_ours(client, body):
    response = client.post("/v1/playlists", data=body, content_type="application/json")

    assert response.status_code == 400
    assert response.get_json()["code"] == "invalid_body"
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize("depth", [17, 500, 30_000])
def test_a_body_that_is_nested_too_deep_is_a_problem(client, depth):
    body = b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"
    response = client.post("/v1/playlists", data=body, content_type="application/json")

    assert (response.status_code, response.get_json()["code"]) == (400, "body_too_deep")


def test_a_body_of_sixteen_levels_is_validated(client):
    body = b'{"a":' + b"[" * 15 + b"]" * 15 + b"}"
    response = client.post("/v1/playlists", data=body, content_type="application/json")

    assert response.get_json()["code"] == "invalid_parameter"


def test_a_body_of_another_type_is_415(client):
    response = client.post("/v1/playlists", data="city=Recife", content_type="text/plain")

    assert response.status_code == 415
    assert "Content-Type: application/json" in response.get_json(force=True)["detail"]
    assert response.content_type == "application/problem+json"


def test_a_get_with_respond_async_is_accepted_too(client, rpc):
    response = client.get("/v1/playlists?city=Recife", headers={"Prefer": "respond-async"})

    assert response.status_code == 202
    assert response.headers["Preference-Applied"] == "respond-async"
    assert rpc.calls[-1].target == "jobs.accept"


def test_a_job_that_ends_within_the_preferred_wait_is_200(client):
    response = submit(client, Prefer="wait=5")

    assert response.status_code == 200
    assert response.get_json()["state"] == "complete"
    assert response.headers["Preference-Applied"] == "wait=5"
    assert "Retry-After" not in response.headers


def test_a_job_that_does_not_end_in_time_is_202_with_its_document(make_client, rpc):
    rpc.answers["jobs.get"] = {**JOB, "state": "partial", "weather": {"place": "Recife"}}
    client = make_client(GATEWAY_TIMEOUT="1.2")

    response = submit(client, Prefer="wait=30")

    assert response.status_code == 202
    assert response.get_json()["weather"] == {"place": "Recife"}


def test_a_job_is_read_ever_more_rarely_until_the_end_of_the_wait(client, rpc, monkeypatch):
    rpc.answers["jobs.get"] = JOB
    clock, pauses = Clock(0.0), []

    def sleep(seconds):
        pauses.append(seconds)
        clock.now += seconds

    monkeypatch.setattr(jobs, "time", SimpleNamespace(monotonic=clock, sleep=sleep))

    submit(client, Prefer="wait=2")

    assert pauses == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.5])
    assert [call.target for call in rpc.calls] == ["jobs.accept", *["jobs.get"] * 6]


def test_an_accepted_job_is_returned_although_it_cannot_be_read(client, rpc):
    rpc.answers["jobs.get"] = RemoteError("BrokerUnavailable")

    response = submit(client, Prefer="wait=5")

    assert response.status_code == 202
    assert response.headers["Location"] == PATH


def test_an_accepted_job_has_a_body_whatever_the_client_has(client):
    headers = {"Prefer": "respond-async", "If-None-Match": "*"}

    response = client.get("/v1/playlists?city=Recife", headers=headers)

    assert response.status_code == 202
    assert response.get_json()["state"] == "pending"


def test_a_complete_job_has_an_etag_and_no_retry_after(client):
    first = client.get(PATH)
    again = client.get(PATH, headers={"If-None-Match": first.headers["ETag"]})

    assert first.status_code == 200
    assert "Retry-After" not in first.headers
    assert again.status_code == 304


def test_an_unfinished_job_has_a_retry_after(client, rpc):
    rpc.answers["jobs.get"] = JOB

    assert client.get(PATH).headers["Retry-After"] == "1"


@pytest.mark.parametrize("job_id", ["1", "x" * 36, "../../etc", JOB["id"].upper()])
def test_an_id_of_another_form_calls_no_service(client, rpc, job_id):
    assert client.get(f"/v1/jobs/{job_id}").status_code in (400, 404)
    assert rpc.calls == []


def test_cancel_and_retry_call_the_jobs_service(client, rpc):
    cancelled = client.delete(PATH)
    retried = client.post(f"{PATH}/retry")

    assert (cancelled.get_json()["state"], retried.get_json()["attempt"]) == ("cancelled", 2)
    assert [call.target for call in rpc.calls] == ["jobs.cancel", "jobs.retry"]


def test_a_change_that_the_state_forbids_is_409_with_the_state(client, rpc):
    rpc.answers["jobs.retry"] = RemoteError(
        "JobNotChangeable", ("A job that is pending cannot change.", {"state": "pending"})
    )

    response = client.post(f"{PATH}/retry")

    assert response.status_code == 409
    assert response.get_json()["state"] == "pending"


def test_an_unknown_job_is_404(client, rpc):
    rpc.answers["jobs.get"] = RemoteError("JobNotFound", ("There is no such job.", {}))

    assert client.get(PATH).get_json()["code"] == "job_not_found"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, Preferences()),
        ("", Preferences()),
        ("respond-async", Preferences(respond_async=True)),
        ("respond-async, wait=5", Preferences(respond_async=True, wait=5)),
        ("wait=100000", Preferences(wait=30)),
        ("wait=-1", Preferences()),
        ("wait=soon", Preferences()),
        ("wait", Preferences()),
        ("return=minimal; foo=bar", Preferences()),
        ("Respond-Async, WAIT=5", Preferences(respond_async=True, wait=5)),
        ('respond-async; x=y, wait = "5", wait=9', Preferences(respond_async=True, wait=5)),
    ],
)
def test_known_preferences_are_read_and_others_ignored(header, expected):
    assert Preferences.parse(header) == expected


def test_an_idempotency_key_is_the_same_with_and_without_quotes(client, rpc):
    assert sent_key(client, rpc, '"order-1"') == sent_key(client, rpc, "order-1")
    assert sent_key(client, rpc, '"a \\" b"') != sent_key(client, rpc, '"a b"')
