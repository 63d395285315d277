"""Streams over HTTP, with a jobs service that is a function."""

import asyncio
import json

from aiohttp.test_utils import TestClient, TestServer

from mare_gateway.events.feed import JobFeed
from mare_gateway.events.server import _stream_app, read_job
from mare_gateway.events.settings import Settings
from mare_gateway.events.streams import Metrics
from mare_nameko.client import Disconnected, RemoteError
from mare_nameko.tracing import read_trace_context
from tests.unit.gateway.fake_rpc import FakeRpc

ID = "019ab000-0000-7000-8000-000000000001"
PATH = f"/v1/jobs/{ID}/events"


class System:
    """A job whose states a test sets, and a client of its streams."""

    def __init__(self, **environ):
        self.state = "pending"
        self.error = None
        self.reads = 0
        self.feed = JobFeed(self._read)
        self.metrics = Metrics()
        app = _stream_app(self.feed, Settings.from_env(environ), self.metrics)
        self.client = TestClient(TestServer(app))

    async def _read(self, job):
        self.reads += 1
        if self.error:
            raise self.error
        return {"id": job[1], "client": job[0], "attempt": 1, "state": self.state}

    async def move_to(self, state):
        """Change the state, and wait until the feed has read it."""
        before, self.state = self.reads, state
        self.feed.changed(("", ID))
        await self.until(lambda: self.reads > before)

    async def get(self, path=PATH, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(path, headers=named)

    def metric(self, name, **labels):
        return self.metrics.registry.get_sample_value(name, labels)

    async def until(self, condition):
        while not condition():  # noqa: ASYNC110 - metrics have no event to await
            await asyncio.sleep(0.01)


def run(test, **environ):
    async def main():
        system = System(**environ)
        async with system.client:
            await asyncio.wait_for(test(system), 120)

    asyncio.run(main())


def events(text):
    blocks = [
        block for block in text.split("\n\n") if block and not block.startswith(("retry", ":"))
    ]
    return [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]


def test_a_stream_has_the_document_of_the_job_in_each_state_and_an_end():
    async def test(system):
        response = await system.get()
        for state in ("partial", "complete"):
            await system.move_to(state)
        sent = events(await response.text())

        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-store"
        assert [event["id"] for event in sent] == [
            "1-pending", "1-partial", "1-complete", "1-complete",
        ]  # fmt: skip
        assert sent[-1]["event"] == "end"
        document = json.loads(sent[1]["data"])
        assert (document["id"], document["state"]) == (ID, "partial")
        assert document["links"]["self"] == f"/v1/jobs/{ID}"

    run(test)


def test_a_client_that_reconnects_gets_only_what_is_new():
    async def test(system):
        system.state = "partial"
        response = await system.get(Last_Event_ID="1-partial")
        await system.move_to("complete")
        assert [event["id"] for event in events(await response.text())] == ["1-complete"] * 2

        ended = await system.get(Last_Event_ID="1-complete")
        assert (ended.status, await ended.text()) == (204, "")

    run(test)


def test_a_quiet_stream_has_heartbeats():
    async def test(system):
        response = await system.get()
        received = b""
        while received.count(b": heartbeat\n\n") < 3:
            received += await response.content.readany()
        response.close()

    run(test, EVENTS_HEARTBEAT_SECONDS="0.01")


def test_what_cannot_be_streamed_is_refused_with_a_problem():
    async def test(system):
        system.error = RemoteError("JobNotFound")
        unknown = await system.get()
        assert (unknown.status, unknown.content_type) == (404, "application/problem+json")
        assert (await unknown.json())["code"] == "job_not_found"
        assert (await system.get("/v1/jobs/1/events")).status == 404
        assert (await system.client.post(PATH)).status == 405

    run(test, EVENTS_READ_SECONDS="60")


def test_a_job_that_cannot_be_read_in_time_is_refused():
    async def test(system):
        system.error = Disconnected("no broker")
        unreadable = await system.get()
        assert (unreadable.status, unreadable.headers["Retry-After"]) == (503, "1")

    run(test, EVENTS_READ_SECONDS="0.05")


def test_the_streams_of_an_address_are_bounded_until_one_is_closed():
    async def test(system):
        first, second = await system.get(), await system.get()
        refused = await system.get()
        assert (refused.status, refused.headers["Retry-After"]) == (429, "5")
        first.close()
        await system.until(lambda: system.metric("gateway_events_streams_open") == 1)
        assert (await system.get()).status == 200
        second.close()

    run(test, EVENTS_MAX_STREAMS_PER_ADDRESS="2")


def test_the_streams_of_all_addresses_are_bounded():
    async def test(system):
        first = await system.get(X_Forwarded_For="192.0.2.1")
        refused = await system.get(X_Forwarded_For="192.0.2.2")
        assert (refused.status, (await refused.json())["code"]) == (503, "overloaded")
        first.close()
        await system.until(lambda: system.metric("gateway_events_streams_open") == 0)
        assert (await system.get(X_Forwarded_For="192.0.2.2")).status == 200

    run(test, EVENTS_MAX_STREAMS="1", GATEWAY_TRUSTED_PROXIES="1")


def test_the_streams_of_an_ipv6_network_are_those_of_one_client():
    async def test(system):
        first = await system.get(X_Forwarded_For="2001:db8:1:2::1")
        refused = await system.get(X_Forwarded_For="2001:db8:1:2::2")
        assert refused.status == 429
        assert (await system.get(X_Forwarded_For="2001:db8:1:3::1")).status == 200
        first.close()

    run(test, EVENTS_MAX_STREAMS_PER_ADDRESS="1", GATEWAY_TRUSTED_PROXIES="1")


def test_a_client_behind_a_proxy_has_one_address_or_no_stream():
    async def test(system):
        refused = await system.get(X_Forwarded_For='"')
        assert (refused.status, (await refused.json())["code"]) == (400, "invalid_forwarded_for")
        first = await system.get(X_Forwarded_For='", 192.0.2.1:1234')
        assert first.status == 200
        assert (await system.get(X_Forwarded_For="192.0.2.1:1235")).status == 429
        first.close()

    run(test, EVENTS_MAX_STREAMS_PER_ADDRESS="1", GATEWAY_TRUSTED_PROXIES="1")


def test_a_stream_counts_as_a_request_for_the_rate_limit():
    async def test(system):
        system.state = "complete"
        first, refused = [await system.get(X_Forwarded_For="192.0.2.1") for _ in range(2)]
        assert first.status == 200
        assert (refused.status, (await refused.json())["code"]) == (429, "too_many_requests")
        assert int(refused.headers["Retry-After"]) > 0
        assert refused.headers["RateLimit-Policy"] == '"address";q=1;w=86400'
        assert (await system.get(X_Forwarded_For="192.0.2.2")).status == 200

    run(test, GATEWAY_RATE_LIMIT="1/day", GATEWAY_TRUSTED_PROXIES="1")


def test_a_client_without_a_key_needs_the_scope_of_jobs(tmp_path):
    async def test(system):
        refused = await system.get()
        assert (refused.status, (await refused.json())["code"]) == (401, "key_required")
        assert (await system.get(Authorization="Bearer mare_wrong")).status == 401

    file = tmp_path / "keys.json"
    file.write_text("[]")
    run(test, GATEWAY_KEYS_FILE=str(file))


def test_streams_end_without_an_end_event_when_the_process_stops():
    async def test(system):
        response = await system.get()
        received = b""
        while b"1-pending" not in received:
            received += await response.content.readany()
        system.feed.close()
        received += await response.content.read()
        assert [event["id"] for event in events(received.decode())] == ["1-pending"]

    run(test)


def test_a_client_that_does_not_read_is_disconnected(monkeypatch):
    async def test(system):
        system.state = "x" * 20_000_000  # more than the buffers of both sockets
        response = await system.get()
        await system.until(
            lambda: system.metric("gateway_events_streams_total", outcome="too slow")
        )
        response.close()

    run(test, EVENTS_SEND_SECONDS="0.2")


def test_pages_of_other_origins_may_read_streams_as_configured():
    async def test(system):
        system.state = "complete"
        page, other = "https://example.org", "https://example.com"
        stream, refused = [await system.get(Origin=each) for each in (page, other)]
        preflight = await system.client.options(PATH, headers={"Origin": page})
        problem = await system.get("/v1/streams/nothing", Origin=page)

        allowed = "Access-Control-Allow-Origin"
        assert stream.headers[allowed] == problem.headers[allowed] == page
        assert (stream.headers["Vary"], allowed in refused.headers) == ("Origin", False)
        assert (preflight.status, preflight.headers[allowed]) == (204, page)
        assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]

    run(test, GATEWAY_CORS_ORIGINS="https://example.org")


def test_each_read_of_a_job_has_a_request_id_and_a_trace():
    rpc = FakeRpc({"jobs.get": {"id": ID}})
    for _ in range(2):
        read_job(rpc, ("", ID), 1.0)

    contexts = [call.context for call in rpc.calls]
    assert len({each["request_id"] for each in contexts}) == 2
    assert all(read_trace_context(each["traceparent"]) for each in contexts)
