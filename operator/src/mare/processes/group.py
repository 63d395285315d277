"""Any number of copies of one command, changed while they run."""

import asyncio
import itertools
from collections.abc import Callable, Mapping

from mare.processes.backoff import Backoff
from mare.processes.replica import Command, Events, Replica


class Group:
    """Copies of a command, named ``name-1``, ``name-2``...

    ``command`` gets the number of the copy, so that each can have, say, a port of its own. Use it
    from the thread of one event loop, which has to live as long as the processes should.
    """

    def __init__(
        self,
        name: str,
        command: Callable[[int], Command],
        events: Events,
        *,
        backoff: Backoff | None = None,
        grace: float = 10.0,
    ) -> None:
        self.name = name
        self._command = command
        self._events = events
        self._backoff = backoff or Backoff()
        self._grace = grace
        self._replicas: dict[int, Replica] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        """All that run, those included that are being ended."""

    @property
    def replicas(self) -> Mapping[int, Replica]:
        """Copies that should run, by number; those that are being ended do not count."""
        return self._replicas

    def scale(self, replicas: int, busy: Mapping[str, int] | None = None) -> None:
        """Start what is missing, or begin to end what is too many.

        First go those that do not run at the moment, then the least ``busy``, then the newest.
        """
        for _ in range(replicas - len(self._replicas)):
            self._start()
        work = busy or {}

        def worth(number: int) -> tuple[bool, int, int]:
            replica = self._replicas[number]
            return replica.pid is not None, work.get(replica.name, 0), -number

        for number in sorted(self._replicas, key=worth)[: len(self._replicas) - replicas]:
            del self._replicas[number]
            self._tasks[number].cancel()

    async def stop(self) -> None:
        """End all copies and wait for their end; a second call kills those that still run."""
        for number in self._tasks.keys() - self._replicas.keys():
            self._tasks[number].cancel()
        self.scale(0)
        await self.settle()

    async def settle(self) -> None:
        """Wait for the end of those that are being ended."""
        leaving = [self._tasks[n] for n in self._tasks.keys() - self._replicas.keys()]
        if leaving:
            await asyncio.wait(leaving)

    def _start(self) -> None:
        number = next(n for n in itertools.count(1) if n not in self._tasks)
        replica = Replica(
            f"{self.name}-{number}",
            self._command(number),
            self._events,
            backoff=self._backoff,
            grace=self._grace,
        )
        self._replicas[number] = replica
        self._tasks[number] = task = asyncio.create_task(replica.keep_running())
        task.add_done_callback(lambda _: self._tasks.pop(number))
