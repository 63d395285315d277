"""The application behind ASGI: what of a request reaches it, and what of its response is sent."""

import asyncio

import pytest

from mare_gateway.asgi import AsgiGateway
from mare_gateway.bodies import Bodies

SUBMISSION = b'{"city": "Recife"}'
JSON = (b"content-type", b"application/json")

SCOPE = {
    "type": "http",
    "http_version": "1.1",
    "method": "GET",
    "scheme": "http",
    "path": "/",
    "query_string": b"",
    "server": ("127.0.0.1", "5000"),
    "client": ("127.0.0.1", "50000"),
    "headers": [],
}


def ask(client, target, *, method="GET", headers=(), body=b"", arrives=True):
    """Return status, headers and body of the response to one request."""
    path, _, query = target.partition("?")
    scope = SCOPE | {
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1"), *headers],
    }
    sent = []

    async def receive():
        if not arrives:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    entry = client.application.extensions["entry"]
    asgi = AsgiGateway(entry, threads=2, bodies=Bodies(1000, seconds=0.01))
    asyncio.run(asgi(scope, receive, send))
    start, rest = sent
    return start["status"], dict(start["headers"]), rest["body"]


def post(client, body, *headers, **options):
    fields = [JSON, (b"content-length", str(len(body)).encode()), *headers]
    return ask(client, "/v1/playlists", method="POST", headers=fields, body=body, **options)


def test_a_request_passes_with_its_query_its_headers_and_its_body(client, rpc):
    status, headers, _ = post(client, SUBMISSION, (b"accept-language", b"pt"))

    assert status == 202
    assert headers[b"Location"].startswith(b"/v1/jobs/")
    assert rpc.calls[-1].request["request"]["city"] == "Recife"
    assert rpc.calls[-1].request["request"]["lang"] == "pt"
    assert ask(client, "/v1/places?q=S%C3%A3o")[0] == 200
    assert rpc.calls[-1].request["q"] == "São"


def test_a_body_that_does_not_arrive_calls_no_service_and_closes_the_connection(client, rpc):
    status, headers, body = post(client, SUBMISSION, arrives=False)

    assert (status, headers[b"Connection"]) == (408, b"close")
    assert b"request_timeout" in body
    assert headers[b"X-Request-Id"]
    assert rpc.calls == []


def test_a_chunked_body_is_read_and_bounded(client):
    fields = [JSON, (b"transfer-encoding", b"chunked")]

    for body, expected in ((SUBMISSION, 202), (b" " * 1001, 413)):
        asked = ask(client, "/v1/playlists", method="POST", headers=fields, body=body)
        assert asked[0] == expected


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS"])
def test_a_request_without_a_body_waits_for_none(client, method):
    assert ask(
        client, "/v1/jobs/019ab000-0000-7000-8000-000000000001", method=method, arrives=False
    )


def test_a_cached_answer_to_a_request_whose_body_does_not_come_is_not_sent(make_client):
    client = make_client(GATEWAY_CACHE_BYTES="1000000")
    path = "/v1/places?q=rec"
    length = (b"content-length", b"5")

    statuses = [
        ask(client, path)[0],
        ask(client, path)[0],
        ask(client, path, headers=[length], arrives=False)[0],
    ]

    assert statuses == [200, 200, 408]


def test_a_field_with_an_underscore_cannot_pass_for_the_one_of_a_proxy(make_client):
    client = make_client(GATEWAY_TRUSTED_PROXIES="1")
    fields = [(b"x-forwarded-for", b"192.0.2.1"), (b"x_forwarded_for", b"127.0.0.1")]

    for headers in (fields, fields[::-1]):
        status, _, body = ask(client, "/v1/jobs", headers=headers)
        assert (status, b"jobs_not_listed" in body) == (403, True)


def test_the_values_of_repeated_fields_are_one_list(make_client):
    client = make_client(GATEWAY_TRUSTED_PROXIES="1")
    fields = [(b"x-forwarded-for", b"127.0.0.1"), (b"x-forwarded-for", b"\xff")]

    assert ask(client, "/v1/jobs", headers=fields)[0] == 400
    assert ask(client, "/v1/places?q=x", headers=[(b"host", b"other.example")])[0] == 400


def test_an_application_that_fails_answers_500():
    class Broken:
        may_block = True

        def __call__(self, environ, start_response):
            raise ValueError

    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(AsgiGateway(Broken(), threads=1, bodies=Bodies(1))(SCOPE, None, send))
    assert sent[0]["status"] == 500
