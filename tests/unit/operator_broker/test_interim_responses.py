"""Interim HTTP responses (1xx) without end do not keep the event loop busy."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.http_client import BrokerHttpClient
from mare.broker.networks import ANY_NETWORK
from tests.unit.operator_broker.statistics_server import tcp_server

INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"


@asynccontextmanager
async def answering(answer: Callable[[], bytes], times: int = 1) -> AsyncIterator[BrokerHttpClient]:
    """Yield a client of a server that sends an answer to each request, so many times."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while await reader.readuntil(b"\r\n\r\n"):
                for _ in range(times):
                    writer.write(answer())
                    await writer.drain()

    async with tcp_server(serve) as uri:
        client = BrokerHttpClient(uri, ConnectionParameters(networks=ANY_NETWORK), "it", 1_000)
        try:
            yield client
        finally:
            await client.close()


def test_interim_responses_without_end_end_the_request_at_once():
    async def play() -> str:
        async with answering(lambda: INTERIM * 1_000, times=10**6) as client:
            with pytest.raises(OSError) as error:
                await client.get("/", {})
            return str(error.value)

    assert asyncio.run(play()) == "it cannot be reached (TooManyInterimResponses)"


def test_eight_interim_responses_precede_a_response_on_each_request_of_a_connection():
    async def play() -> None:
        async with answering(lambda: INTERIM * 8 + BODY) as client:
            assert [bytes(await client.get("/", {})) for _ in range(3)] == [b"[]"] * 3
        async with answering(lambda: INTERIM * 9 + BODY) as client:
            with pytest.raises(OSError, match="TooManyInterimResponses"):
                await client.get("/", {})

    asyncio.run(play())


@pytest.mark.parametrize(("size", "is_refused"), [(2_048, False), (2_049, True)])
def test_a_header_of_more_than_2_kib_is_refused(size: int, *, is_refused: bool):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Long: " + b"a" * size

    async def play() -> None:
        async with answering(lambda: head + b"\r\n\r\n[]") as client:
            if is_refused:
                with pytest.raises(OSError, match="cannot be reached"):
                    await client.get("/", {})
            else:
                assert await client.get("/", {}) == b"[]"

    asyncio.run(play())
