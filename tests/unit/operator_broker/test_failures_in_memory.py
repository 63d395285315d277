"""What failed requests took is free at once: garbage collections are rare, and count no bytes."""

import asyncio
import gc
import socket
import ssl
import struct
import tracemalloc
from collections.abc import Coroutine, Iterator
from typing import Any

import aiormq
import pytest

from mare.broker import amqp_connection, connection_parameters
from mare.broker.amqp_connection import SharedConnection
from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.http_client import BrokerHttpClient
from mare.broker.networks import ANY_NETWORK
from mare.ports import AccessRefused
from tests.unit.operator_broker.statistics_server import MIB, serve, tcp_server, untrusted

ATTEMPTS = 4
TLS_BYTES = 256 * 1024
"""The buffer of a connection in asyncio."""


@pytest.fixture(autouse=True)
def no_garbage_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def cut_response(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (2 * MIB) + bytes(MIB))
    await writer.drain()
    writer.close()


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.close()


def bytes_left_by(timeline: Coroutine[Any, Any, None]) -> int:
    tracemalloc.start()
    try:
        asyncio.run(asyncio.wait_for(timeline, 120))
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def test_neither_a_cut_response_nor_the_one_before_it_stays_in_memory():
    async def fetch(client: BrokerHttpClient) -> None:
        before = bytes(MIB)
        await client.get("/", {})
        assert before

    async def timeline() -> None:
        async with tcp_server(cut_response) as uri:
            parameters = ConnectionParameters(networks=ANY_NETWORK)
            client = BrokerHttpClient(uri, parameters, "it", 8 * MIB)
            for _ in range(ATTEMPTS):
                with pytest.raises(OSError, match="ClientPayloadError"):
                    await fetch(client)
            await client.close()

    assert bytes_left_by(timeline()) < MIB


def test_a_refused_certificate_leaves_no_buffers():
    async def timeline(uri: str) -> None:
        parameters = ConnectionParameters(networks=ANY_NETWORK)
        client = BrokerHttpClient(uri, parameters, "it", MIB)
        for _ in range(ATTEMPTS):
            with pytest.raises(AccessRefused):
                await client.get("/", {})
        await client.close()

    with serve(untrusted()) as server:
        assert bytes_left_by(timeline(server.uri)) < 2 * TLS_BYTES


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


@pytest.mark.parametrize(
    ("answer", "seconds", "error"),
    [(reset, 120, "AMQPConnectionError"), (silence, 0.2, "TimeoutError")],
)
def test_failed_tls_connections_share_one_context_and_leave_no_buffers(
    monkeypatch, answer, seconds, error
):
    """32 silent brokers took 1.3 MB a second."""
    monkeypatch.setattr(amqp_connection, "_CONNECT_SECONDS", seconds)

    def made(*arguments: Any) -> ssl.SSLContext:
        contexts.append(arguments)
        return make(*arguments)

    contexts: list[object] = []
    make = connection_parameters._ssl_context
    monkeypatch.setattr(connection_parameters, "_ssl_context", made)

    async def timeline() -> None:
        async with tcp_server(answer, "amqps://user:password@") as uri:
            shared = SharedConnection(ConnectionParameters(amqp_uri=uri, networks=ANY_NETWORK))
            for _ in range(ATTEMPTS):
                with pytest.raises(OSError, match=error):
                    await shared.get()
            await shared.close()

    assert bytes_left_by(timeline()) < 2 * TLS_BYTES
    assert len(contexts) == 1


def test_a_failed_connection_is_not_kept_until_the_next_attempt():
    """400 of them took 10 MB."""

    async def timeline() -> int:
        async with tcp_server(reset, "amqp://user:password@") as uri:
            shared = SharedConnection(ConnectionParameters(amqp_uri=uri, networks=ANY_NETWORK))
            with pytest.raises(OSError, match="AMQPConnectionError"):
                await shared.get()
            await asyncio.sleep(0)
            gc.collect()
            kept = sum(isinstance(each, aiormq.Connection) for each in gc.get_objects())
            await shared.close()
        return kept

    assert asyncio.run(timeline()) == 0
