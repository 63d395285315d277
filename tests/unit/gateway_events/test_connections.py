"""A client cannot take the memory or the connections of the others."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from mare_gateway.events import server
from mare_gateway.events.connections import MAX_UNANSWERED

HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n"
FIELDS = b"X: " + b"x" * 8_000 + b"\r\n"


@asynccontextmanager
async def listening(**bounds):
    """Yield a function that opens a connection, and the event that ends all requests."""
    answer = asyncio.Event()

    async def handle(_):
        await answer.wait()
        return web.Response()

    app = web.Application()
    app.router.add_get("/", handle)
    runner = await server._listen(app, "127.0.0.1", 0, **bounds)
    writers = []

    async def connect(sent=b""):
        reader, writer = await asyncio.open_connection(*runner.addresses[0])
        writers.append(writer)
        writer.write(sent)
        return reader, writer

    try:
        yield connect, answer
    finally:
        for writer in writers:
            writer.close()
        await runner.cleanup()


async def is_closed(reader):
    try:
        return await asyncio.wait_for(reader.read(), 60) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize(
    "sent",
    [HEAD + 3 * FIELDS, 4 * (HEAD + FIELDS + b"\r\n"), HEAD + b"Upgrade: x\r\n\r\n" + 3 * FIELDS],
)
def test_requests_that_wait_for_an_answer_are_bounded(sent):
    async def run():
        async with listening() as (connect, _):
            reader, _ = await connect(sent)
            assert await is_closed(reader)

    asyncio.run(run())


def test_what_is_answered_does_not_count():
    async def run():
        async with listening() as (connect, answer):
            answer.set()
            reader, writer = await connect()
            for _ in range(2 * MAX_UNANSWERED // len(FIELDS)):
                writer.write(HEAD + FIELDS + b"\r\n")
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")

    asyncio.run(run())


@pytest.mark.parametrize("bound", ["most", "most_of_address"])
def test_a_connection_too_many_is_closed_and_the_others_are_answered(bound):
    async def run():
        async with listening(**{bound: 2}) as (connect, answer):
            answer.set()
            connections = [await connect() for _ in range(2)]
            reader, _ = await connect()
            assert await is_closed(reader)

            for reader, writer in connections:
                writer.write(HEAD + b"Connection: close\r\n\r\n")
                assert (await asyncio.wait_for(reader.read(), 60)).startswith(b"HTTP/1.1 200 ")
            reader, _ = await connect(HEAD + b"Connection: close\r\n\r\n")
            assert (await asyncio.wait_for(reader.read(), 60)).startswith(b"HTTP/1.1 200 ")

    asyncio.run(run())


@pytest.mark.parametrize(("proxies", "most"), [(0, 14), (1, float("inf"))])
def test_the_connections_of_a_proxy_are_not_those_of_one_client(proxies, most):
    settings = server.Settings.from_env(
        {
            "AMQP_URI": "amqp://localhost/",
            "EVENTS_MAX_STREAMS_PER_ADDRESS": "7",
            "GATEWAY_TRUSTED_PROXIES": str(proxies),
        }
    )

    assert settings.max_connections_per_address == most
