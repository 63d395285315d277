"""One process of a command: started, watched, restarted, stopped."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from mare.backoff import Backoff
from mare.processes.command import DIES_WITH_US

_HEALTHY_SECONDS = 10.0
"""Lifetime after which an end no longer counts as a failed start."""
_POLL_SECONDS = 0.05
"""Between two reads of a group whose leader has ended: the kernel does not report its last end."""
_DRAIN_SECONDS = 1.0
"""How long output is read after the end of a process whose children keep it open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    """All variables; none is inherited. Not part of the repr, because it can hold secrets."""
    folder: Path | None = None
    """Working directory; None is that of this process."""


class Events(Protocol):
    """Receives the output and the unexpected ends of processes."""

    def wrote(self, name: str, line: str) -> None:
        """Process `name` wrote a line to standard output or standard error."""

    def ended(self, name: str, code: int, again_in: float) -> None:
        """Process `name` ended unexpectedly and restarts in `again_in` seconds.

        `code` is the exit code, or the negative number of the signal that ended it.
        """

    def killed(self, name: str, seconds: float) -> None:
        """Process `name` got SIGKILL, because it still ran `seconds` after SIGTERM."""


@dataclass(slots=True, eq=False)
class Replica:
    """A process that is restarted when it ends, until it is stopped."""

    name: str
    command: Command
    events: Events
    backoff: Backoff
    grace: float
    on_kill: Callable[[], object]
    """Called when the process is killed at the end of its grace period."""
    pid: int | None = None
    """None while it waits for its restart."""
    ends: int = 0
    """Number of times that the process ended unexpectedly."""

    async def keep_running(self) -> None:
        """Run the command and restart it until cancelled.

        The first cancellation sends SIGTERM, and SIGKILL after `grace` seconds. The second one
        sends SIGKILL at once.
        """
        clock = asyncio.get_running_loop().time
        while True:
            started = clock()
            try:
                code = await self._run()
            except OSError as error:  # out of memory or process ids: a later try may succeed
                self.events.wrote(self.name, str(error))
                code = os.EX_OSERR
            if clock() - started >= _HEALTHY_SECONDS:
                self.backoff.reset()
            delay = self.backoff.next_delay()
            self.ends += 1
            self.events.ended(self.name, code, delay)
            await asyncio.sleep(delay)

    async def _run(self) -> int:
        # asyncio's own pipe would end a process only when its output ends, and a grandchild can
        # keep that open.
        reader, writer = os.pipe()
        with os.fdopen(reader, "rb", buffering=0) as output:
            try:
                process = await asyncio.create_subprocess_exec(
                    *DIES_WITH_US,
                    *self.command.arguments,
                    env=self.command.environment,
                    cwd=self.command.folder,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=writer,
                    stderr=asyncio.subprocess.STDOUT,
                    start_new_session=True,
                )
            finally:
                os.close(writer)
            self.pid = process.pid
            reading = asyncio.create_task(self._forward(output))
            try:
                code = await process.wait()
                self.pid = None
                await asyncio.wait([reading], timeout=_DRAIN_SECONDS)
                return code
            finally:
                try:
                    if await _stop(process, self.grace):
                        self.on_kill()
                        self.events.killed(self.name, self.grace)
                finally:
                    self.pid = None
                    reading.cancel()
                    await asyncio.wait([reading])

    async def _forward(self, output: IO[bytes]) -> None:
        """Pass on each line until every writing end is closed."""
        stream = asyncio.StreamReader(limit=LONGEST_LINE)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), output
        )
        with contextlib.closing(transport):
            while line := await _read_line(stream):
                self.events.wrote(self.name, line.rstrip(b"\r\n").decode(errors="replace"))


async def _stop(process: asyncio.subprocess.Process, grace: float) -> bool:
    """Stop the process and its group; return whether any still ran at the end of the grace period.

    After an unexpected end the rest of the group is killed at once, so that a restart is not late.
    """
    try:
        if process.returncode is None:
            process.terminate()
            async with asyncio.timeout(grace):
                await process.wait()
                await _stop_rest(process.pid)
    except TimeoutError:
        return bool(_running(process.pid))
    else:
        return False
    finally:
        # The whole session: a child that died can leave its own children behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _stop_rest(group: int) -> None:
    """Stop the processes that outlive the leader of their group, such as those of `worker | cat`.

    The oldest is first: the next process of a pipe reads its output, and a pool of processes must
    outlive their parent's work.
    """
    stopped = None
    while pids := _running(group):
        if pids[0] != stopped:
            stopped = pids[0]
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(stopped, signal.SIGTERM)
        await asyncio.sleep(_POLL_SECONDS)


def _running(group: int) -> list[int]:
    """Return the ids of the running processes of a group, the oldest first."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # the process has ended
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] not in "ZX":
                found.append((int(fields[19]), int(path.parent.name)))
    return [pid for _, pid in sorted(found)]


LONGEST_LINE = 64 * 1024
"""Bytes. A longer line is split."""


async def _read_line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readuntil()
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as overrun:
        return await stream.readexactly(overrun.consumed)
