"""Any number of processes of one command."""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field

from mare.backoff import Backoff
from mare.processes.replica import Command, Events, Replica


@dataclass(eq=False)
class Group:
    """Processes of a command, named `name-1`, `name-2` and so on.

    `command` receives the number of the process, so that each can have its own port. A group
    belongs to one event loop, which must outlive the processes.
    """

    name: str
    command: Callable[[int], Command]
    events: Events
    _: KW_ONLY
    new_backoff: Callable[[], Backoff] = lambda: Backoff(first=0.5, longest=30.0)
    grace: float = 10.0
    on_kill: Callable[[], object] = lambda: None
    _replicas: dict[int, Replica] = field(default_factory=dict, init=False)
    _tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict, init=False)
    """One for each process, including those that are being stopped."""
    _is_stopping: bool = field(default=False, init=False)
    """Whether `stop` was called: a scale-down before is no first call."""

    @property
    def replicas(self) -> Mapping[int, Replica]:
        """Processes that should run, by number; without those that are being stopped."""
        return self._replicas

    def scale(self, replicas: int, costs: Mapping[str, float] | None = None) -> None:
        """Start missing processes, or begin to stop surplus ones.

        Processes that wait for a restart are stopped first, then those of lower cost, then newer
        ones.
        """
        for _ in range(replicas - len(self._replicas)):
            self._start()
        known = costs or {}

        def priority(number: int) -> tuple[bool, float, int]:
            replica = self._replicas[number]
            return replica.pid is not None, known.get(replica.name, 0), -number

        for number in sorted(self._replicas, key=priority)[: len(self._replicas) - replicas]:
            del self._replicas[number]
            self._tasks[number].cancel()

    async def stop(self) -> None:
        """Stop all processes and wait for their end; a second call kills those that remain."""
        if self._is_stopping:
            for number in self._tasks.keys() - self._replicas.keys():
                self._tasks[number].cancel()
        self._is_stopping = True
        self.scale(0)
        await self.settle()

    async def settle(self) -> None:
        """Wait for the end of all processes that are being stopped."""
        leaving = [self._tasks[n] for n in self._tasks.keys() - self._replicas.keys()]
        if leaving:
            await asyncio.wait(leaving)

    def _start(self) -> None:
        number = next(n for n in itertools.count(1) if n not in self._tasks)
        replica = Replica(
            f"{self.name}-{number}",
            self.command(number),
            self.events,
            backoff=self.new_backoff(),
            grace=self.grace,
            on_kill=self.on_kill,
        )
        self._replicas[number] = replica
        self._tasks[number] = task = asyncio.create_task(replica.keep_running())
        task.add_done_callback(lambda _: self._tasks.pop(number))
