"""What every request to the application gets, whatever it asks for."""

import json
import logging

import pytest
from flask import abort, request

from mare_gateway.app import create_app
from mare_gateway.settings import Settings
from mare_nameko.client import CallTimedOut

PATH = "/v1/playlists?city=Recife"


def test_an_answer_is_the_services_answer_in_readable_utf8(client):
    response = client.get(PATH)

    assert response.status_code == 200
    assert response.content_type == "application/json"
    assert "Sol e maré".encode() in response.data


def test_an_answer_is_cacheable_and_revalidated_with_its_etag(client):
    first = client.get(PATH)
    etag = first.headers["ETag"]
    again = client.get(PATH, headers={"If-None-Match": f'"other", {etag}'})

    assert first.headers["Cache-Control"] == (
        "public, max-age=300, stale-while-revalidate=600, stale-if-error=86400"
    )
    assert etag.startswith('"')
    assert again.status_code == 304
    assert again.data == b""
    assert again.headers["ETag"] == etag
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]


def test_another_answer_has_another_etag(client, rpc):
    before = client.get(PATH).headers["ETag"]
    rpc.answers["playlists.suggest"] = {"other": 1}
    response = client.get(PATH, headers={"If-None-Match": before})

    assert response.status_code == 200
    assert response.headers["ETag"] != before


def test_a_degraded_answer_is_kept_for_a_shorter_time(client, rpc):
    rpc.answers["playlists.suggest"] = {"degraded": ["weather"]}

    assert "max-age=60," in client.get(PATH).headers["Cache-Control"]


def test_head_is_get_without_the_body(client):
    get = client.get(PATH)
    head = client.head(PATH)

    assert head.status_code == 200
    assert head.data == b""
    for name in ("Content-Length", "Content-Type", "ETag"):
        assert head.headers[name] == get.headers[name]


def test_another_method_is_refused_with_those_that_are_known(client):
    response = client.put(PATH)

    assert response.status_code == 405
    assert response.content_type == "application/problem+json"
    assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/livez", "/metrics", "/v1/", "/v1/playlists/", "/v1/../etc/passwd"]
)
def test_an_unknown_address_is_a_problem(problem, path):
    refusal = problem(path)

    assert (refusal.status, refusal.code) == (404, "not_found")
    assert refusal.response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("status", [406, 413, 414, 415, 418, 429])
def test_flasks_own_errors_are_problems(rpc, status):
    app = create_app(Settings.from_env({}), rpc)
    app.add_url_rule("/refuse", "refuse", lambda: abort(status))

    response = app.test_client().get("/refuse")

    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert response.get_json()["status"] == status


def test_a_body_that_is_too_large_is_refused(rpc):
    app = create_app(Settings.from_env({"GATEWAY_MAX_BODY": "10"}), rpc)
    app.add_url_rule("/read", "read", lambda: str(len(request.get_data())), methods=["POST"])
    client = app.test_client()

    assert client.post("/read", data=b"x" * 10).data == b"10"
    assert client.post("/read", data=b"x" * 11).get_json()["code"] == "request_entity_too_large"


def test_an_internal_error_is_logged_and_not_sent_to_the_client(problem, rpc, caplog):
    rpc.answers["playlists.suggest"] = ZeroDivisionError("s3cret")

    refusal = problem(PATH)

    assert (refusal.status, refusal.code) == (500, "internal_error")
    assert b"s3cret" not in refusal.response.data
    assert "ZeroDivisionError" in caplog.text


def test_a_service_that_does_not_answer_is_a_problem_with_the_requests_id(problem, rpc, caplog):
    rpc.answers["playlists.suggest"] = CallTimedOut("playlists did not answer within 10 s")

    refusal = problem(PATH, headers={"X-Request-Id": "r-1"})

    assert (refusal.status, refusal.request_id) == (504, "r-1")
    assert refusal.response.headers["X-Request-Id"] == "r-1"
    assert caplog.records[0].request_id == "r-1"


@pytest.mark.parametrize("answer", [None, [1, 2], "text", 7])
def test_an_answer_that_is_no_object_is_a_failure_of_the_service(problem, client, rpc, answer):
    rpc.answers["playlists.suggest"] = answer

    refusal = problem(PATH)

    assert (refusal.status, refusal.code) == (502, "service_error")
    registry = client.application.extensions["metrics"].registry
    labels = {"target": "playlists.suggest", "outcome": "BadReply"}
    assert registry.get_sample_value("gateway_rpc_duration_seconds_count", labels) == 1


def test_a_call_has_the_time_that_its_request_has_left(client, rpc):
    client.get(PATH)

    assert 9 < rpc.calls[0].timeout <= 10


def test_every_response_keeps_browsers_from_guessing_and_framing(client):
    for path in (PATH, "/nothing", "/livez", "/docs", "/openapi.json", "/v1/places"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Request-Id"]


def test_the_page_at_the_root_links_to_the_documentation(client):
    assert 'href="/docs"' in client.get("/").text


def test_the_access_log_has_no_query(client, caplog):
    with caplog.at_level(logging.INFO, "mare_gateway.access"):
        client.get("/v1/weather?lat=-8.0512345&lon=-34.88", headers={"X-Request-Id": "r-1"})

    (record,) = caplog.records
    assert record.getMessage() == "GET /v1/weather 200"
    assert (record.status, record.route, record.request_id) == (200, "/v1/weather", "r-1")
    assert record.duration_ms >= 0
    assert "8.05" not in json.dumps(record.__dict__, default=str)
