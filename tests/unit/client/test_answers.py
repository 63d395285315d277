"""Whatever bytes a server answers, only the documented exceptions are raised."""

import json
import time
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mare_client import JobFailed, MareError, UnreadableAnswer, WebhookRefused, verify_webhook
from mare_client.answers import LARGEST_ANSWER
from mare_client.events import LARGEST_EVENT
from tests.unit.client.api import STREAM, Api
from tests.unit.client.test_client import SECRET, signed
from tests.unit.examples import examples

SHARED = HealthCheck.function_scoped_fixture
DEEP = b"[" * 100_000
DOCUMENTED = (MareError, JobFailed, TimeoutError, httpx.TransportError)
KEYS = st.sampled_from(["id", "state", "failure", "detail", "code", ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.sampled_from(["1", "complete", "failed", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
LINES = st.sampled_from(
    ["id: ä", "id: \x00", "id: 1", "event: end", "data: {}", "data: [", "data:", "x: y", ":", ""]
)
BODIES = (
    st.binary(max_size=300)
    | VALUES.map(lambda value: json.dumps(value).encode())
    | st.lists(LINES | VALUES.map(lambda value: f"data: {json.dumps(value)}"), max_size=9).map(
        lambda lines: "\n".join([*lines, "", ""]).encode()
    )
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(["text/html", "application/json", "text/event-stream"]),
        "Content-Encoding": st.sampled_from(["gzip", "deflate", "nonsense"]),
        "Retry-After": st.sampled_from(["0", "9" * 400, "soon", "-1"]),
        "Location": st.sampled_from(["/", "http://[", "\x01", "https://mare/", "x:"]),
    },
)
CALLS = {
    "submit": lambda mare: mare.submit(city="Recife"),
    "get": lambda mare: mare.get("1"),
    "wait": lambda mare: mare.wait("1", seconds=3),
    "stream": lambda mare: list(mare.stream("1")),
}


def always(status, body, headers=None):
    def api(_request):
        stream = httpx.ByteStream(body)  # bytes are decoded where the client reads them
        return httpx.Response(status, headers=headers, stream=stream)

    return api


@pytest.mark.parametrize("call", CALLS)
@settings(max_examples=examples(150), deadline=None, suppress_health_check=[SHARED])
@given(st.sampled_from([200, 202, 204, 206, 302, 307, 304, 404, 429, 503]), BODIES, HEADERS)
def test_no_bytes_raise_another_exception(call, run, status, body, headers):
    api = always(status, body, headers)
    opened = 0

    def api_that_ends(request):
        nonlocal opened
        opened += 1
        if opened > 30:  # with heartbeats, a stream is opened again without limit
            return httpx.Response(204)
        return api(request)

    try:
        found = run(api_that_ends, CALLS[call])
    except DOCUMENTED:
        return
    for document in found if call == "stream" else [found]:
        assert isinstance(document["id"], str)
        assert isinstance(document["state"], str)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Welcome</html>",
        b"",
        b"[]",
        b"7",
        b"{}",
        b'{"id": 1, "state": "x"}',
        b'{"id": "1"}',
        DEEP,
    ],
)
@pytest.mark.parametrize("call", ["submit", "get", "wait"])
def test_an_answer_that_is_no_document_is_an_error_with_its_first_bytes(run, call, body):
    with pytest.raises(UnreadableAnswer) as error:
        run(always(200, body), CALLS[call])

    assert (error.value.status, error.value.code) == (200, "unreadable_answer")
    assert error.value.start == body[:200]


def test_a_page_of_a_proxy_is_quoted_in_the_error_of_its_status(run):
    with pytest.raises(MareError, match=r"403 http_error: .*<html>No entry"):
        run(always(403, b"<html>No entry"), lambda mare: mare.get("1"))


def test_an_answer_without_end_is_an_error(run):
    with pytest.raises(UnreadableAnswer, match="more than"):
        run(always(200, b" " * (LARGEST_ANSWER + 1)), lambda mare: mare.get("1"))


def test_a_page_instead_of_a_stream_is_an_error(run):
    page = httpx.Response(200, html="<html>Welcome\n")
    with pytest.raises(UnreadableAnswer, match="text/html"):
        run(Api(page), CALLS["stream"])


@pytest.mark.parametrize("data", [b"[]", b"{}", b"<html>", DEEP])
def test_an_event_that_is_no_document_is_an_error(run, data):
    with pytest.raises(UnreadableAnswer) as error:
        run(always(200, b"data: " + data + b"\n\n", STREAM), CALLS["stream"])

    assert error.value.start == data[:200]


@pytest.mark.parametrize(
    "body",
    [b"x" * (LARGEST_EVENT + 1), b"".join(b"%d: %s\n" % (n, b"x" * 999) for n in range(1_100))],
)
def test_a_line_or_event_of_a_stream_without_end_is_an_error(run, body):
    with pytest.raises(UnreadableAnswer, match="more than"):
        run(always(200, body, STREAM), CALLS["stream"])


@pytest.mark.parametrize("event_id", ["ä", "\x00", "\x7f", "a b", "1" * 10_000])
def test_an_id_that_is_no_header_is_not_sent(run, event_id):
    opening = f"id: 1-pending\n\nid: {event_id}\n\n".encode()
    api = Api(opening, b"event: end\n\n")

    assert run(api, CALLS["stream"]) == []
    assert api.requests[1].headers["Last-Event-ID"] == "1-pending"


def test_a_signed_callback_of_deep_json_is_refused():
    headers = signed(DEEP.decode(), datetime.now(UTC))
    with pytest.raises(WebhookRefused):
        verify_webhook(SECRET, headers, DEEP)


@settings(deadline=None, suppress_health_check=[SHARED])
@given(
    st.binary(max_size=99),
    st.text(min_size=1),
    st.text(min_size=1) | st.just(str(int(time.time()))),
    st.text(min_size=1) | st.just("v1,AAAA"),
)
def test_no_header_of_a_callback_raises_another_exception(body, webhook_id, at, signature):
    headers = {"webhook-id": webhook_id, "webhook-timestamp": at, "webhook-signature": signature}
    with pytest.raises(WebhookRefused):
        verify_webhook(SECRET, headers, body)
