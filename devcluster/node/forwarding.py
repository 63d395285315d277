"""Forwards ports of the machine into the node: `python -m devcluster.node.forwarding FD:PORT ...`.

Each file descriptor is an inherited socket that listens in the network namespace of the machine.
Its connections are forwarded to the same port in the namespace of the node. No process is needed
outside, and the forwarding ends with the node.
"""

import asyncio
import contextlib
import socket
import sys

_CHUNK = 256 * 1024
_BACKLOG = 1024


async def forward(listener: socket.socket, port: int) -> None:
    """Forward each connection of `listener` to `port` of 127.0.0.1, for ever."""

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):  # refused, or closed by either side
            there = await asyncio.open_connection("127.0.0.1", port, limit=_CHUNK)
            with contextlib.closing(there[1]):
                await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))
        writer.close()

    server = await asyncio.start_server(accepted, sock=listener, limit=_CHUNK, backlog=_BACKLOG)
    await server.serve_forever()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while chunk := await source.read(_CHUNK):
        sink.write(chunk)
        await sink.drain()
    sink.write_eof()


async def main(pairs: list[str]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for pair in pairs:
            descriptor, port = map(int, pair.split(":"))
            tasks.create_task(forward(socket.socket(fileno=descriptor), port))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
