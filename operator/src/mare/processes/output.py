"""The output of a child process as lines of bounded length."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Self

LONGEST_LINE = 64 * 1024
"""Bytes. A longer line is split."""


class Output:
    """A pipe: the child writes to `writer`, this process reads lines.

    asyncio's own pipe would end a process only when its output ends, and a grandchild can keep that
    open.
    """

    def __init__(self) -> None:
        reader, self.writer = os.pipe()
        self._file = os.fdopen(reader, "rb", buffering=0)
        self._transport: asyncio.ReadTransport | None = None

    async def lines(self) -> AsyncIterator[str]:
        """Yield lines without their line end until every writing end is closed."""
        stream = asyncio.StreamReader(limit=LONGEST_LINE)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), self._file
        )
        while line := await _read_line(stream):
            yield line.rstrip(b"\r\n").decode(errors="replace")

    def close_writer(self) -> None:
        """Close this process's copy of the writing end, once the child has its own."""
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


async def _read_line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readuntil()
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as overrun:
        return await stream.readexactly(overrun.consumed)
