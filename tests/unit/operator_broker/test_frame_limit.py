"""The AMQP connection to a hostile broker is closed before a large frame is read."""

import asyncio
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from types import MappingProxyType
from typing import Any

import pamqp.frame
import pytest
from pamqp import commands
from pamqp.heartbeat import Heartbeat
from yarl import URL

from mare.broker.amqp_connection import SharedConnection
from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.declare_answers import Depth
from mare.broker.frame_limit import (
    MAX_FRAME_BYTES,
    MAX_UNREQUESTED_FRAMES,
    FrameLimitReader,
    FrameLimitTransport,
    _FrameWriter,
)
from mare.broker.networks import ANY_NETWORK
from mare.broker.passive_declare import PassiveDeclare
from mare.broker.queue_depths import QueueDepths
from mare.domain.unknown import Unknown
from mare.tenant_scheduler import TenantScheduler
from tests.unit.operator_broker.memory import peak_mib
from tests.unit.operator_broker.statistics_server import tcp_server

Attack = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8


def header(kind: int, length: int, channel: int = 0) -> bytes:
    return struct.pack(">BHI", kind, channel, length)


class HostileBroker:
    """Answers the handshake as RabbitMQ does, then attacks."""

    def __init__(
        self,
        attack: Attack | None,
        *,
        at_start: Attack | None = None,
        properties: Mapping[str, Any] = MappingProxyType({"capabilities": {}}),
    ) -> None:
        self._attack, self._at_start, self._properties = attack, at_start, dict(properties)
        self.dropped = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._talk(reader, writer)
        self.dropped.set()
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        if self._at_start:
            await self._at_start(reader, writer)
        start = commands.Connection.Start(mechanisms="PLAIN", server_properties=self._properties)
        for frame in (start, commands.Connection.Tune(2047, 131_072, 60)):
            writer.write(pamqp.frame.marshal(frame, 0))
            await read_frame(reader)
        await read_frame(reader)  # connection.open follows tune-ok without an answer between.
        writer.write(pamqp.frame.marshal(commands.Connection.OpenOk(), 0))
        if self._attack:
            await self._attack(reader, writer)
        while await reader.read(2**16):
            pass


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(7)
    return await reader.readexactly(struct.unpack(">BHI", head)[2] + 1)


@asynccontextmanager
async def listening(broker: HostileBroker) -> AsyncIterator[ConnectionParameters]:
    async with tcp_server(broker, "amqp://user:password@") as uri:
        yield ConnectionParameters(amqp_uri=uri, networks=ANY_NETWORK)


async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send 64 MiB of one frame of 1 GiB."""
    writer.write(header(METHOD, 2**30))
    for _ in range(64):
        writer.write(bytes(2**20))
        await writer.drain()


def run_in_little_memory(timeline: Coroutine[Any, Any, None]) -> None:
    assert peak_mib(lambda: asyncio.run(asyncio.wait_for(timeline, 120))) < 8


def test_a_frame_of_a_gibibyte_in_the_handshake_is_not_read():
    async def timeline() -> None:
        broker = HostileBroker(None, at_start=flood)
        async with listening(broker) as parameters:
            connection = SharedConnection(parameters)
            with pytest.raises(OSError, match="AMQPConnectionError"):
                await connection.get()
            await broker.dropped.wait()
            await connection.close()

    run_in_little_memory(timeline())


def test_a_frame_of_a_gibibyte_on_an_open_connection_closes_it():
    async def timeline() -> None:
        broker = HostileBroker(flood)
        async with listening(broker) as parameters:
            declare = PassiveDeclare(parameters)
            with pytest.raises(OSError):
                await declare.read(["work"], 60)
            await broker.dropped.wait()
            await declare.close()

    run_in_little_memory(timeline())


@pytest.mark.parametrize("properties", [{}, {"capabilities": None}, {"capabilities": "all"}])
def test_a_broker_without_capabilities_is_refused_with_one_sentence(
    properties: Mapping[str, Any], caplog: pytest.LogCaptureFixture
):
    async def timeline() -> None:
        broker = HostileBroker(None, properties=properties)
        async with listening(broker) as parameters:
            depths = QueueDepths(parameters, time.time, has_statistics=False)
            found = await depths.read(["work"], None)
            assert isinstance(found, Unknown)
            assert found.reason == "BrokerUnsupported"
            assert "announces no capabilities" in found.cause
            await broker.dropped.wait()
            await depths.close()

    run_in_little_memory(timeline())
    (line,) = (each for each in caplog.records if each.name.startswith("mare"))
    assert line.exc_info in (None, False)


@pytest.mark.parametrize("kind", [HEADER, BODY, ord("A")])
def test_only_methods_and_heartbeats_are_accepted(kind):
    async def timeline() -> None:
        reader = FrameLimitReader(asyncio.get_running_loop())
        reader.feed_data(header(kind, 10))
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)

    asyncio.run(timeline())


def test_frames_up_to_the_limit_pass_however_they_are_split():
    async def timeline() -> None:
        frames = (
            header(METHOD, MAX_FRAME_BYTES)
            + bytes(MAX_FRAME_BYTES)
            + b"\xce"
            + pamqp.frame.marshal(Heartbeat(), 0)
        )
        for size in (1, 3, 7, 8, 1000, len(frames)):
            reader = FrameLimitReader(asyncio.get_running_loop())
            for start in range(0, len(frames), size):
                reader.feed_data(frames[start : start + size])
            assert await reader.readexactly(len(frames)) == frames
            reader.feed_data(header(METHOD, MAX_FRAME_BYTES + 1))
            with pytest.raises(ConnectionResetError):
                await reader.readexactly(1)

    asyncio.run(timeline())


def test_a_broker_that_sends_frames_without_end_is_dropped():
    async def heartbeats(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(pamqp.frame.marshal(Heartbeat(), 0) * 1_000)
            await writer.drain()

    async def timeline() -> None:
        broker = HostileBroker(heartbeats)
        async with listening(broker) as parameters:
            declare = PassiveDeclare(parameters)
            with pytest.raises(OSError, match="Connection"):
                await declare.read(["work"], 60)
            await broker.dropped.wait()
            await declare.close()

    asyncio.run(asyncio.wait_for(timeline(), 120))


def test_as_many_answers_pass_as_there_are_requests():
    async def timeline() -> None:
        reader, frame = FrameLimitReader(asyncio.get_running_loop()), header(METHOD, 0) + b"\xce"
        for _ in range(3 * MAX_UNREQUESTED_FRAMES):
            reader.allow_frame()
            reader.feed_data(frame)
            assert await reader.readexactly(len(frame)) == frame
        reader.feed_data(frame * (MAX_UNREQUESTED_FRAMES + 1))
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)

    asyncio.run(timeline())


def test_depths_are_read_through_the_limit():
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_frame(reader)
        writer.write(pamqp.frame.marshal(commands.Channel.OpenOk(), 1))
        await read_frame(reader)
        writer.write(pamqp.frame.marshal(commands.Queue.DeclareOk("work", 3, 1), 1))

    async def timeline() -> None:
        async with listening(HostileBroker(answer)) as parameters:
            declare = PassiveDeclare(parameters)
            assert await declare.read(["work"], 60) == {"work": Depth(3, 1)}
            await declare.close()

    asyncio.run(asyncio.wait_for(timeline(), 120))


@pytest.mark.parametrize("drains", [True, False])
def test_frames_are_sent_in_their_order_and_before_the_connection_closes(drains):
    received: list[bytes] = []
    ended = asyncio.Event()

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read())
        writer.close()
        ended.set()

    async def timeline() -> None:
        async with tcp_server(keep, "amqp://") as uri:
            transport = FrameLimitTransport(None, ANY_NETWORK, TenantScheduler().of("shop"))
            _, writer = await transport.create(URL(uri))
            writer.write(b"one ")
            writer.write(bytearray(b"two "))
            if drains:
                await writer.drain()
            writer.write(b"three")
            writer.close()
            await ended.wait()

    asyncio.run(asyncio.wait_for(timeline(), 120))
    assert received == [b"one two three"]


@pytest.mark.parametrize(("unsent", "is_closed"), [(2**18, False), (2**18 + 1, True)])
def test_a_broker_that_reads_nothing_is_dropped_with_more_than_256_kib(unsent, is_closed):
    class Transport(asyncio.Transport):
        unsent, is_aborted = 0, False

        def write(self, data: bytes) -> None:
            self.unsent += len(data)

        def get_write_buffer_size(self) -> int:
            return self.unsent

        def is_closing(self) -> bool:
            return self.is_aborted

        def abort(self) -> None:
            self.is_aborted = True

        close = abort

    async def timeline() -> bool:
        loop, transport = asyncio.get_running_loop(), Transport()
        reader = FrameLimitReader(loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        writer = _FrameWriter(transport, protocol, reader, loop)
        writer.write(bytes(unsent))
        await writer.drain()
        is_closed = transport.is_aborted
        writer.close()
        return is_closed

    assert asyncio.run(timeline()) == is_closed
