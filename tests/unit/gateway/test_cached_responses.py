"""What a client sees of the cache."""

from datetime import UTC, datetime

import pytest

from mare_gateway.keys import KeySet, new_key
from mare_nameko.client import CallTimedOut

PATH = "/v1/playlists?city=Recife"


@pytest.fixture
def cached(make_client):
    return make_client(GATEWAY_CACHE_BYTES="1000000")


def lookups(client, outcome):
    registry = client.application.extensions["metrics"].registry
    return registry.get_sample_value("gateway_cache_lookups_total", {"outcome": outcome}) or 0


def test_a_cached_response_is_like_the_first_one(cached, rpc):
    first, second = cached.get(PATH), cached.get(PATH)

    assert len(rpc.calls) == 1
    assert second.data == first.data
    assert dict(second.headers) == dict(first.headers) | {
        "Age": "0",
        "X-Request-Id": second.headers["X-Request-Id"],
    }
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


def test_a_question_in_other_words_is_the_same_question(cached, rpc):
    cached.get(PATH)
    cached.get("/v1/playlists?limit=20&city=%52ecife&lang=en")

    assert len(rpc.calls) == 1
    assert lookups(cached, "hit") == 1


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/playlists?city=Olinda", {}),
        ("/v1/weather?city=Recife", {}),
        (PATH, {"Accept-Language": "pt"}),
        (PATH, {"Prefer": "respond-async"}),
    ],
)
def test_a_different_request_calls_the_service(cached, rpc, path, headers):
    cached.get(PATH)
    cached.get(path, headers=headers)

    assert len(rpc.calls) == 2


def test_head_and_conditional_requests_need_no_call(cached, rpc):
    first = cached.get(PATH)
    head = cached.head(PATH)
    same = cached.get(PATH, headers={"If-None-Match": f"W/{first.headers['ETag']}"})
    other = cached.get(PATH, headers={"If-None-Match": '"other"'})

    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == first.headers["Content-Length"]
    assert (same.status_code, same.data) == (304, b"")
    assert "Content-Length" not in same.headers
    assert other.data == first.data
    assert len(rpc.calls) == 1


def test_a_request_keeps_its_id_and_is_counted(cached):
    cached.get(PATH)

    response = cached.get(PATH, headers={"X-Request-Id": "r-1"})

    assert response.headers["X-Request-Id"] == "r-1"
    registry = cached.application.extensions["metrics"].registry
    labels = {"method": "GET", "route": "/v1/playlists", "status": "200"}
    assert registry.get_sample_value("gateway_http_request_duration_seconds_count", labels) == 2


def test_errors_are_not_kept(cached, rpc, problem):
    good = rpc.answers["playlists.suggest"]
    rpc.answers["playlists.suggest"] = CallTimedOut("late")
    assert problem(PATH, using=cached).status == 504
    rpc.answers["playlists.suggest"] = good

    assert cached.get(PATH).status_code == 200


def test_cached_responses_count_against_the_limit(make_client, rpc):
    client = make_client(GATEWAY_CACHE_BYTES="1000000", GATEWAY_RATE_LIMIT="3/day")

    responses = [client.get(PATH) for _ in range(5)]

    assert [each.status_code for each in responses] == [200, 200, 200, 429, 429]
    assert [each.headers["RateLimit"][:13] for each in responses[:3]] == [
        '"address";r=2', '"address";r=1', '"address";r=0',
    ]  # fmt: skip
    assert len(rpc.calls) == 1


def test_a_cached_answer_needs_the_rights_of_any_other(make_client, tmp_path, rpc):
    key, entry = new_key("reader", ("read",), datetime.now(UTC))
    file = tmp_path / "keys.json"
    file.write_bytes(KeySet([entry]).write())
    client = make_client(
        GATEWAY_CACHE_BYTES="1000000", GATEWAY_KEYS_FILE=str(file), GATEWAY_ANONYMOUS_SCOPES="jobs"
    )
    headers = {"Authorization": f"Bearer {key}"}

    statuses = [client.get(PATH, headers=each).status_code for each in (headers, headers, {})]

    assert statuses == [200, 200, 401]
    assert client.get(PATH, headers={"Authorization": "Bearer x"}).status_code == 401
    assert len(rpc.calls) == 1


def test_pages_of_other_origins_get_their_headers_from_the_cache_too(make_client):
    client = make_client(GATEWAY_CACHE_BYTES="1000000", GATEWAY_CORS_ORIGINS="https://shop.example")
    client.get(PATH)

    allowed = [
        client.get(PATH, headers={"Origin": origin}).headers.get("Access-Control-Allow-Origin")
        for origin in ("https://shop.example", "https://other.example")
    ]

    assert allowed == ["https://shop.example", None]
