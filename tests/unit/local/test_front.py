"""The one address of `make run`: what goes where, and what is passed on."""

import asyncio
import gzip

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer, TestClient, TestServer

from local.front import LIMITS, STREAM, Front, Settings, front_session
from mare.processes.tcp_ports import free_port

JOB = "019ab000-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("path", "streams"),
    [
        (f"/v1/jobs/{JOB}/events", True),
        (f"/v1/streams/{JOB}", True),
        (f"/v1/jobs/{JOB}", False),
        (f"/v1/jobs/{JOB}/events/more", False),
        ("/v1/jobs", False),
        ("/", False),
    ],
)
def test_only_streams_go_to_the_events_process(path, streams):
    assert bool(STREAM.fullmatch(path)) is streams


async def echo(request):
    body = (await request.read()).decode("latin-1")
    seen = {name: request.headers.get(name) for name in ("X-Test", "TE", "Host")}
    seen["names"] = list(request.headers)
    seen["X-Forwarded-For"] = request.headers.getall("X-Forwarded-For", [])
    return web.json_response(
        {
            "path": request.raw_path,
            "method": request.method,
            "body": body,
            "size": len(body),
            **seen,
        },
        status=201,
        headers={"X-Answer": "yes", "Keep-Alive": "timeout=1"},
    )


def run(test, *, gateway_runs=True, body_seconds=60.0):
    async def main():
        upstream = web.Application()
        upstream.router.add_route("*", "/{tail:.*}", echo)
        gateway = TestServer(upstream)
        await gateway.start_server(**LIMITS)
        async with gateway as server, front_session() as session:
            ports = {"gateway_port": server.port, "events_port": free_port()}
            if not gateway_runs:
                ports["gateway_port"] = free_port()
            forward = Front(session, Settings(**ports), body_seconds=body_seconds).forward
            front = RawTestServer(forward)
            await front.start_server(**LIMITS)
            async with TestClient(front) as client:
                await test(client)

    asyncio.run(main())


def test_a_request_and_its_answer_are_passed_on_unchanged():
    async def test(client):
        headers = {"X-Test": "1", "TE": "trailers", "X-Forwarded-For": "192.0.2.1"}
        answer = await client.post("/v1//a%2Fb?q=%C3%A9", data="x" * 60_000, headers=headers)
        document = await answer.json()

        assert (answer.status, answer.headers["X-Answer"]) == (201, "yes")
        assert "Keep-Alive" not in answer.headers
        assert document["path"] == "/v1//a%2Fb?q=%C3%A9"
        assert (document["method"], len(document["body"])) == ("POST", 60_000)
        assert (document["X-Test"], document["TE"]) == ("1", None)
        assert document["Host"] == f"127.0.0.1:{client.port}"

    run(test)


def test_a_compressed_body_is_passed_on_as_it_is():
    compressed = gzip.compress(b"x" * 50_000)

    async def test(client):
        headers = {"Content-Encoding": "gzip"}
        answer = await client.post("/v1/playlists", data=compressed, headers=headers)
        assert (await answer.json())["size"] == len(compressed)

    run(test)


def test_a_body_that_is_too_large_is_refused():
    async def chunks():
        for _ in range(2_000):
            yield b"x" * 1_000

    async def test(client):
        for body in (b"x" * 65_537, chunks()):
            answer = await client.post("/v1/playlists", data=body)
            assert answer.status == 413
            assert (await answer.json())["code"] == "request_entity_too_large"

    run(test)


def test_a_body_that_does_not_arrive_is_refused():
    async def half():
        yield b"half"
        await asyncio.Event().wait()

    async def test(client):
        answer = await client.post("/v1/playlists", data=half())
        assert (answer.status, answer.headers["Connection"]) == (408, "close")
        assert (await answer.json())["code"] == "request_timeout"

    run(test, body_seconds=0.01)


def test_the_gateway_decides_what_is_too_long():
    async def test(client):
        answer = await client.get("/", params={"q": "x" * 30_000}, headers={"X-Test": "y" * 30_000})
        document = await answer.json()
        assert (len(document["path"]), len(document["X-Test"])) == (30_004, 30_000)

    run(test)


def test_a_client_cannot_choose_the_address_that_the_gateway_trusts():
    async def test(client):
        headers = {"X-Forwarded-For": "192.0.2.1"}
        document = await (await client.get("/", headers=headers)).json()
        assert document["X-Forwarded-For"] == ["192.0.2.1", "127.0.0.1"]

    run(test)


def test_a_field_with_an_underscore_cannot_pass_for_the_one_of_the_front():
    async def test(client):
        document = await (await client.get("/", headers={"X_Forwarded_For": "192.0.2.1"})).json()
        assert "X_Forwarded_For" not in document["names"]

    run(test)


@pytest.mark.parametrize(
    "target", ["CONNECT x@127.0.0.1:{port}", "GET http://x@127.0.0.1:{port}/", "OPTIONS *"]
)
def test_a_client_cannot_choose_the_upstream_host(target):
    async def test(client):
        received = []

        async def other(reader, writer):
            received.append(await reader.readline())
            writer.close()

        async with await asyncio.start_server(other, "127.0.0.1", 0) as server:
            line = target.format(port=server.sockets[0].getsockname()[1])
            reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
            writer.write(f"{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            status = await reader.readline()
            writer.close()

        assert (status.split()[1], received) == (b"400", [])

    run(test)


def test_a_part_that_does_not_run_is_a_problem_to_try_again():
    async def test(client):
        for path in ("/v1/playlists", f"/v1/jobs/{JOB}/events"):
            answer = await client.get(path)
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
            assert answer.content_type == "application/problem+json"

    run(test, gateway_runs=False)
