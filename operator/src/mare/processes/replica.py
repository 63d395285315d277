"""One copy of a command: started, watched, started again, ended."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mare.processes.backoff import Backoff
from mare.processes.output import Output
from mare.processes.spawn import DIES_WITH_US

_LAST_WORDS_SECONDS = 1.0
"""How long to read on after the end of a process whose children hold its output open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run."""

    arguments: tuple[str, ...]

    environment: Mapping[str, str] = field(repr=False)
    """All of it; nothing is inherited. Not shown, because secrets come this way."""

    folder: Path | None = None
    """Where it runs; None is where we run."""


class Events(Protocol):
    """Who wants to know what becomes of the processes."""

    def wrote(self, name: str, line: str) -> None:
        """``name`` wrote a line to standard output or error."""

    def ended(self, name: str, code: int, again_in: float) -> None:
        """``name`` ended although nobody asked (negative: by a signal) and will be restarted."""


@dataclass(slots=True, eq=False)
class Replica:
    """A process that comes back when it ends, until it is asked to leave."""

    name: str
    command: Command
    events: Events
    backoff: Backoff
    grace: float
    pid: int | None = None
    """None while it waits to be started again."""

    ends: int = 0
    """How often it ended although nobody asked."""

    async def keep_running(self) -> None:
        """Run the command again and again until cancelled.

        Cancelled, it sends SIGTERM and after ``grace`` seconds SIGKILL; cancelled twice, SIGKILL.
        """
        clock = asyncio.get_running_loop().time
        failures = 0
        while True:
            started = clock()
            try:
                code = await self._run()
            except OSError as error:  # no memory or no process id; another time there may be
                self.events.wrote(self.name, str(error))
                code = os.EX_OSERR
            failures = self.backoff.failures(failures, clock() - started)
            delay = self.backoff.delay(failures)
            self.ends += 1
            self.events.ended(self.name, code, delay)
            await asyncio.sleep(delay)

    async def _run(self) -> int:
        with Output() as output:
            process = await asyncio.create_subprocess_exec(
                *DIES_WITH_US,
                *self.command.arguments,
                env=self.command.environment,
                cwd=self.command.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output.writer,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
            self.pid = process.pid
            output.close_writer()
            reading = asyncio.create_task(self._forward(output))
            try:
                code = await process.wait()
                self.pid = None
                await asyncio.wait([reading], timeout=_LAST_WORDS_SECONDS)
                return code
            finally:
                try:
                    await _end(process, self.grace)
                finally:
                    self.pid = None
                    reading.cancel()
                    await asyncio.wait([reading])

    async def _forward(self, output: Output) -> None:
        async for line in output.lines():
            self.events.wrote(self.name, line)


async def _end(process: asyncio.subprocess.Process, grace: float) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(grace):
            await process.wait()
    except TimeoutError:
        pass
    finally:
        # The whole session, because a child that died leaves its own children behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
