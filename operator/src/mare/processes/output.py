"""The output of a child process as lines of bounded length."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Self

LONGEST_LINE = 64 * 1024
"""Bytes; what is longer comes in pieces."""


class Output:
    """A pipe: the child writes to :attr:`writer`, and we read lines.

    A pipe of our own, because asyncio's would tie the end of the process to the end of its output,
    which a grandchild can hold open.
    """

    def __init__(self) -> None:
        reader, self.writer = os.pipe()
        self._file = os.fdopen(reader, "rb", buffering=0)
        self._transport: asyncio.ReadTransport | None = None

    async def lines(self) -> AsyncIterator[str]:
        """Yield lines without their end until nobody holds the writing end any more."""
        stream = asyncio.StreamReader(limit=LONGEST_LINE)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), self._file
        )
        while line := await _line(stream):
            yield line.rstrip(b"\r\n").decode(errors="replace")

    def close_writer(self) -> None:
        """Close our copy of the writing end, once the child has its own."""
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close_writer()
        if self._transport:
            self._transport.close()
        self._file.close()


async def _line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readuntil()
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as overrun:
        return await stream.readexactly(overrun.consumed)
