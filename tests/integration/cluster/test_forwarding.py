"""What arrives at a socket is handed on, both ways, however the two sides end."""

import asyncio
import socket

from devcluster.node.forwarding import forward


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.read())  # until the other side has said all
    writer.close()


async def _through(port: int, sent: bytes) -> bytes:
    """Return what comes back when ``sent`` goes to a socket that is forwarded to ``port``."""
    listener = socket.create_server(("127.0.0.1", 0))
    way = asyncio.create_task(forward(listener, port))
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    writer.write(sent)
    writer.write_eof()
    came_back = await reader.read()
    writer.close()
    way.cancel()
    await asyncio.wait([way])
    return came_back


async def _through_to_echo(sent: bytes) -> bytes:
    async with await asyncio.start_server(_echo, "127.0.0.1", 0) as server:
        return await _through(server.sockets[0].getsockname()[1], sent)


def test_all_bytes_and_the_end_of_each_direction_are_forwarded() -> None:
    sent = bytes(range(256)) * 8192
    assert asyncio.run(asyncio.wait_for(_through_to_echo(sent), 60)) == sent


def test_a_port_without_a_listener_ends_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    assert asyncio.run(asyncio.wait_for(_through(port, b""), 60)) == b""
