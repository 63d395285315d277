"""One HTTP call, against a real server."""

import time
import traceback

import msgspec
import pytest

from mare_services.contract.errors import (
    SourceFailed,
    SourceLimited,
    SourceRefused,
    SourceTimedOut,
    SourceUnavailable,
)
from mare_services.upstream import client as client_module
from mare_services.upstream.budget import Budget
from mare_services.upstream.client import CONNECT_SECONDS, READ_SECONDS, JsonClient, NotModified
from tests.fakes.upstreams import faults
from tests.fakes.upstreams.server import Answer, FakeUpstream, as_json, send, upstream


class Weather(msgspec.Struct):
    temperature: float | None = None


@pytest.fixture
def server(monkeypatch):
    """A server that may answer as late as a busy machine lets it."""
    monkeypatch.setattr(client_module, "CONNECT_SECONDS", 60.0)
    monkeypatch.setattr(client_module, "READ_SECONDS", 60.0)
    with upstream(
        lambda request: as_json({"temperature": 21.5, "unknown": [1]}, Expires="x")
    ) as it:
        yield it


def get(server: FakeUpstream | str, seconds: float = 60.0, **options):
    url = server if isinstance(server, str) else server.url
    client = JsonClient("example", url, contact="ops@example.org")
    return client.get("/now", Weather, budget=Budget.of(seconds), **options)


def test_an_answer_is_typed_and_comes_with_its_headers(server):
    reply = get(server, params={"lat": "1.50"}, headers={"X-Key": "k"})

    assert reply.value == Weather(temperature=21.5)
    assert reply.headers["expires"] == "x"
    [request] = server.requests
    assert (request.path, request.params, request.headers["X-Key"]) == (
        "/now",
        {"lat": "1.50"},
        "k",
    )
    assert request.headers["User-Agent"].startswith("Mare/")
    assert request.headers["User-Agent"].endswith(" ops@example.org")


def test_a_form_is_answered_like_a_question(server):
    client = JsonClient("example", f"{server.url}/")
    reply = client.post("/token", Weather, budget=Budget.of(60), form={"grant_type": "x"})

    assert reply.value == Weather(temperature=21.5)
    assert reply.headers["expires"] == "x"
    assert [request.path for request in server.requests] == ["/token"]


def test_no_credentials_of_the_machine_are_sent(server, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ana password secret")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    get(server)

    assert "Authorization" not in server.requests[0].headers


@pytest.mark.parametrize("fault", [faults.endless_interim_responses, faults.endless_trailers])
def test_a_response_without_end_is_not_read_to_it(server, fault):
    server.plays(fault(server))

    with pytest.raises(SourceUnavailable):
        get(server)


def test_a_form_is_posted_once_whatever_happens(server):
    server.plays(faults.BROKEN_IN_HTML)
    client = JsonClient("example", server.url)

    with pytest.raises(SourceFailed):
        client.post("/token", Weather, budget=Budget.of(60), form={"grant_type": "x"})

    assert [request.form for request in server.requests] == [{"grant_type": "x"}]


@pytest.mark.parametrize("fault", [faults.BROKEN_IN_HTML, faults.reset, faults.truncated])
def test_a_passing_fault_is_tried_again_once(server, fault):
    server.plays(fault, as_json({"temperature": 1}))

    assert get(server).value.temperature == 1
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("fault", "error", "attempts"),
    [
        ("500 in HTML", SourceFailed, 2),
        ("reset", SourceFailed, 2),
        ("truncated", SourceFailed, 2),
        ("401", SourceRefused, 1),
        ("403 in plain text", SourceRefused, 1),
        ("429 for 3 seconds", SourceLimited, 1),
        ("200 in HTML", SourceFailed, 1),
        ("cut JSON", SourceFailed, 1),
        ("empty", SourceFailed, 1),
        ("null", SourceFailed, 1),
        ("an array", SourceFailed, 1),
        ("deeply nested", SourceFailed, 1),
        ("huge", SourceFailed, 1),
        ("redirect", SourceFailed, 1),
    ],
)
def test_every_fault_has_its_error_and_keeps_the_upstreams_words_to_itself(
    server, fault, error, attempts
):
    server.plays(faults.EVERY_FAULT[fault](server))

    with pytest.raises(SourceUnavailable) as caught:
        get(server, params={"key": "ours"})

    assert type(caught.value) is error
    assert caught.value.extra["source"] == "example"
    assert len(server.requests) == attempts
    message = repr(caught.value) + "".join(traceback.format_exception(caught.value, chain=True))
    for secret in ("secret-of-the-upstream", "key=", server.url):
        assert secret not in message


@pytest.mark.parametrize("fault", [faults.slow, faults.dripping_body])
def test_a_slow_answer_ends_with_the_budget(server, fault):
    server.plays(fault(server))

    seconds = []
    for _ in range(3):  # a busy machine may add to some
        started = time.monotonic()
        with pytest.raises(SourceTimedOut):
            get(server, seconds=0.4)
        seconds.append(time.monotonic() - started)

    assert min(seconds) < READ_SECONDS


def test_a_pause_of_two_seconds_is_too_long_whatever_the_budget(server, monkeypatch):
    monkeypatch.setattr(client_module, "READ_SECONDS", READ_SECONDS)
    server.plays(faults.slow(server))

    started = time.monotonic()
    with pytest.raises(SourceTimedOut):
        get(server, seconds=30)

    assert READ_SECONDS <= time.monotonic() - started < 25


def test_without_time_no_request_is_sent(server):
    with pytest.raises(SourceTimedOut):
        get(server, seconds=0)

    assert server.requests == []


def test_no_second_attempt_is_made_without_the_time_for_it(server):
    seconds = 0.0

    def fail_late(request, handler):
        nonlocal seconds
        seconds = 2.99
        send(handler, faults.BROKEN_IN_HTML)

    server.plays(fail_late)
    client = JsonClient("example", server.url)

    with pytest.raises(SourceFailed):
        client.get("/now", Weather, budget=Budget.of(3, lambda: seconds))

    assert len(server.requests) == 1


@pytest.mark.parametrize("place", [faults.closed_port, faults.black_hole])
def test_an_upstream_that_takes_no_connection_is_unreachable(place):
    seconds = []
    for _ in range(3):  # a busy machine may add to some
        started = time.monotonic()
        with place() as url, pytest.raises(SourceTimedOut) as caught:
            get(url)
        seconds.append(time.monotonic() - started)

    assert caught.value.extra["unreachable"]
    assert min(seconds) < 2 * CONNECT_SECONDS


def test_a_name_that_does_not_resolve_is_unreachable():
    with pytest.raises(SourceTimedOut) as caught:
        get("http://nowhere.invalid")

    assert caught.value.extra["unreachable"]


def test_only_an_unmodified_answer_is_not_an_error(server):
    server.plays(Answer(304, b"", {"Expires": "later"}))

    with pytest.raises(NotModified) as caught:
        get(server, headers={"If-Modified-Since": "earlier"})

    assert caught.value.headers["Expires"] == "later"


def test_an_unmodified_answer_to_an_unconditional_request_is_a_failure(server):
    server.plays(Answer(304, b""))

    with pytest.raises(SourceFailed):
        get(server)


def test_cookies_are_not_kept(server):
    client = JsonClient("example", server.url)
    server.plays(as_json({}, Set_Cookie="id=1"))

    for _ in range(2):
        client.get("/now", Weather, budget=Budget.of(60))

    assert "Cookie" not in server.requests[1].headers
