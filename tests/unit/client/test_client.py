"""The client against an API that is a function."""

import json
from datetime import UTC, datetime

import httpx
import pytest
from standardwebhooks import Webhook

from mare_client import JobFailed, MareError, WebhookRefused, verify_webhook
from mare_client.events import EventReader
from tests.unit.client.api import Api

JOB = {"id": "1", "state": "pending"}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def event(event_id, document, name=""):
    head = f"event: {name}\n" if name else ""
    return f"{head}id: {event_id}\ndata: {json.dumps(document)}\n\n".encode()


def test_a_submission_is_repeated_with_its_key_until_it_is_accepted(run):
    api = Api((503, {}), httpx.ConnectError("down"), (202, JOB))

    assert run(api, lambda mare: mare.submit(city="Recife", limit=5)) == JOB
    assert len({request.headers["Idempotency-Key"] for request in api.requests}) == 1
    assert json.loads(api.requests[0].content) == {"city": "Recife", "limit": 5}
    assert api.requests[0].headers["Authorization"] == "Bearer mare_k"


def test_a_refusal_is_an_error_with_its_code(run):
    api = Api((404, {"code": "job_not_found", "detail": "There is no such job."}))

    with pytest.raises(MareError, match="There is no such job") as error:
        run(api, lambda mare: mare.get("1"))
    assert (error.value.status, error.value.code) == (404, "job_not_found")


def test_an_overloaded_api_is_an_error_at_last(run):
    api = Api(*[(503, {"code": "overloaded"})] * 6)

    with pytest.raises(MareError, match="overloaded"):
        run(api, lambda mare: mare.get("1"))


@pytest.mark.parametrize("document", [[], "", None, 7])
def test_a_refusal_without_a_problem_document_is_an_error_too(run, document):
    with pytest.raises(MareError, match="404 http_error"):
        run(Api((404, document)), lambda mare: mare.get("1"))


def limited(seconds):
    return httpx.Response(429, json={"code": "rate_limited"}, headers={"Retry-After": seconds})


def test_a_request_is_repeated_when_its_retry_after_has_passed(run, clock):
    assert run(Api(limited("45"), (200, JOB)), lambda mare: mare.get("1")) == JOB
    assert clock.now == 1_045


def test_a_retry_after_of_more_than_a_minute_is_not_awaited(run, clock):
    with pytest.raises(MareError, match="rate_limited"):
        run(Api(limited("61")), lambda mare: mare.get("1"))
    assert clock.now == 1_000


@pytest.mark.parametrize("make_answer", [lambda: limited("60"), lambda: httpx.ConnectError("down")])
def test_a_wait_ends_in_time_while_requests_fail(run, clock, make_answer):
    api = Api(*[make_answer() for _ in range(6)])

    with pytest.raises(TimeoutError):
        run(api, lambda mare: mare.wait("1", seconds=1))
    assert clock.now <= 1_001


def test_a_request_of_a_wait_times_out_with_it(run):
    api = Api((200, {**JOB, "state": "complete"}))

    run(api, lambda mare: mare.wait("1", seconds=1))
    assert set(api.requests[0].extensions["timeout"].values()) == {1.0}


class Drip(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of which an octet arrives each 20 s, within any limit of a read."""

    def __init__(self, clock):
        self.clock = clock

    def __iter__(self):
        for octet in b'{"id": "1", "state": "complete"}':
            self.clock.now += 20
            yield bytes([octet])

    async def __aiter__(self):
        for each in self:
            yield each


def test_a_wait_ends_in_time_although_an_answer_drips(run, clock):
    api = Api(httpx.Response(200, stream=Drip(clock)))

    with pytest.raises(TimeoutError):
        run(api, lambda mare: mare.wait("1", seconds=60))
    assert clock.now <= 1_080


class Late(Drip):
    """A body that arrives 50 ms after the request."""

    def __iter__(self):
        self.clock.now += 0.05
        yield b'{"id": "1", "state": "complete"}'


def test_an_answer_that_ends_a_wait_may_be_a_tenth_of_a_second_late(run, clock):
    api = Api(httpx.Response(200, stream=Late(clock)))

    assert run(api, lambda mare: mare.wait("1", seconds=0))["state"] == "complete"


def test_a_stream_yields_each_state_and_resumes_where_it_broke(run):
    broken = b"retry: 1000\n\n" + event("1-pending", JOB) + b": heartbeat\n\n"
    rest = event("1-complete", {**JOB, "state": "complete"}) + event("1-complete", {}, "end")
    api = Api(broken, (503, {}), rest)

    states = run(api, lambda mare: [job["state"] for job in mare.stream("1")])
    assert states == ["pending", "complete"]
    assert [request.headers.get("Last-Event-ID") for request in api.requests] == [
        None, "1-pending", "1-pending",
    ]  # fmt: skip


@pytest.mark.parametrize("cut", [1, 2, 8, 20, 40])
def test_an_event_that_is_cut_off_is_read_from_the_next_stream(run, cut):
    complete = {**JOB, "state": "complete"}
    last = event("1-complete", complete)
    rest = b"retry: 1000\n\n" + last + event("1-complete", {}, "end")
    api = Api(event("1-pending", JOB) + last[:-cut], rest)

    assert run(api, lambda mare: list(mare.stream("1"))) == [JOB, complete]


def test_an_end_that_is_cut_off_ends_no_later_stream(run):
    complete = {**JOB, "state": "complete"}
    end = event("1-complete", {}, "end")
    api = Api(end[:-1], event("1-complete", complete) + end)

    assert run(api, lambda mare: list(mare.stream("1"))) == [complete]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_only_newlines_end_a_line_of_a_stream(run, newline):
    job = {**JOB, "request": {"city": "São\u2028\u2029\x85Paulo"}}
    body = f"id: 1\ndata: {json.dumps(job, ensure_ascii=False)}\n\n".encode()
    stream = (body + event("1", {}, "end") + b":").replace(b"\n", newline)

    assert run(Api(stream), lambda mare: list(mare.stream("1"))) == [job]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_a_stream_is_read_whatever_its_packets_are(newline):
    stream = event("1", {**JOB, "city": "São Paulo"}) + event("1", {}, "end")
    events = EventReader()
    events.reopen()
    read = [job for byte in stream.replace(b"\n", newline) for job in events.read(bytes([byte]))]

    assert read == [{**JOB, "city": "São Paulo"}]
    assert events.ended


def test_a_stream_with_heartbeats_is_opened_again_as_often_as_it_breaks(run):
    opening, heartbeat = b"retry: 1000\n\n", b": heartbeat\n\n"
    end = event("1-complete", {}, "end")
    api = Api(event("1-pending", JOB), *[opening + heartbeat] * 20, opening + end)

    assert run(api, lambda mare: list(mare.stream("1"))) == [JOB]


def test_a_stream_that_breaks_at_once_is_an_error_at_last(run):
    api = Api(event("1-pending", JOB), *[b"retry: 1000\n\n"] * 6)

    with pytest.raises(httpx.ReadError):
        run(api, lambda mare: list(mare.stream("1")))


def test_the_stream_of_an_unknown_job_is_an_error(run):
    api = Api((404, {"code": "job_not_found"}))

    with pytest.raises(MareError, match="job_not_found"):
        run(api, lambda mare: list(mare.stream("1")))


def test_a_job_is_awaited_until_it_ends(run):
    done = {**JOB, "state": "complete", "result": {}}

    assert run(Api((200, JOB), (200, done)), lambda mare: mare.wait("1")) == done
    failed = {**JOB, "state": "failed", "failure": {"detail": "No place has this name."}}
    with pytest.raises(JobFailed, match="No place has this name"):
        run(Api((200, failed)), lambda mare: mare.wait("1"))
    with pytest.raises(TimeoutError):
        run(Api((200, JOB)), lambda mare: mare.wait("1", seconds=0.1))


def signed(body, at):
    return {
        "Webhook-Id": "m1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": Webhook(SECRET).sign("m1", at, body),
    }


def test_only_a_signed_and_fresh_callback_is_accepted():
    body, now = '{"type": "job.complete"}', datetime.now(UTC)

    assert verify_webhook(SECRET, signed(body, now), body.encode()) == {"type": "job.complete"}
    for headers, received in [
        (signed(body, now), b'{"type": "job.failed"}'),
        (signed(body, datetime(2026, 1, 1, tzinfo=UTC)), body.encode()),
        ({}, body.encode()),
        (signed("[]", now), b"[]"),
    ]:
        with pytest.raises(WebhookRefused):
            verify_webhook(SECRET, headers, received)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_a", "whsec_é"])
def test_a_malformed_secret_is_no_refused_callback(secret):
    body = '{"type": "job.complete"}'

    with pytest.raises(ValueError, match="secret"):
        verify_webhook(secret, signed(body, datetime.now(UTC)), body.encode())
