"""The channels of one connection, each for one request at a time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager, contextmanager

from aiormq.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import AMQPError

from mare.background import Tasks

_PLACES = 128
"""Requests at a time. So many idle channels stay open, and one for `is_answered_within`."""
_ASIDE = 384
"""Further requests, of queues that do not answer. RabbitMQ closes a connection with more than 2,047
channels."""


class DeclareChannels:
    def __init__(self, connection: AbstractConnection, tasks: Tasks) -> None:
        self.connection = connection
        self.tasks = tasks
        self.answered = 0
        """Requests for queues that the broker has answered."""
        self._asked: dict[asyncio.Task[None] | None, tuple[str, float]] = {}
        """What each task has asked, and when."""
        # One channel more is left for `is_answered_within`.
        most = (connection.connection_tune.channel_max or _PLACES + _ASIDE + 1) - 1
        self._places = asyncio.Semaphore(max(1, min(_PLACES, most)))
        self._free_aside = max(0, min(_ASIDE, most - _PLACES))
        self._placed: set[asyncio.Task[None] | None] = set()
        self._idle: list[AbstractChannel] = []
        self._probe: asyncio.Task[bool] | None = None

    @property
    def is_full(self) -> bool:
        """Whether queues that do not answer hold so many channels that no other one is asked."""
        return self._places.locked() and not self._free_aside

    @contextmanager
    def asking(self, name: str) -> Iterator[None]:
        """Ask a queue during the block, or the broker by an empty name."""
        task = asyncio.current_task()
        self._asked[task] = name, asyncio.get_running_loop().time()
        try:
            yield
        finally:
            del self._asked[task]

    def unanswered_for(self, seconds: float) -> set[str]:
        """Return the names that have been asked for so long."""
        latest = asyncio.get_running_loop().time() - seconds
        return {name for name, asked_at in self._asked.values() if asked_at <= latest}

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place, and hold it during the block, or until it is set aside."""
        task = asyncio.current_task()
        await self._places.acquire()
        self._placed.add(task)
        try:
            yield
        finally:
            if task in self._placed:
                self._placed.remove(task)
                self._places.release()
            else:
                self._free_aside += 1

    def set_aside(self, tasks: AbstractSet[asyncio.Task[None]]) -> bool:
        """Give the places of tasks to others; return whether there is room for more of them."""
        for task in [*self._placed & tasks][: self._free_aside]:
            self._placed.remove(task)
            self._places.release()
            self._free_aside -= 1
        return self._free_aside > 0

    async def take(self) -> AbstractChannel:
        """Return a channel that no other request uses."""
        while self._idle:
            channel = self._idle.pop()
            if not channel.is_closed:
                return channel
        return await self.connection.channel(publisher_confirms=False)

    async def give_back(self, channel: AbstractChannel) -> None:
        if len(self._idle) <= _PLACES:
            self._idle.append(channel)
        else:
            await channel.close()

    async def is_answered_within(self, seconds: float) -> bool:
        """Return whether the broker answers a request that asks no queue."""
        if self._probe is not None and not self._probe.done():
            return False
        self._probe = self.tasks.start(self._ask_no_queue())
        ended, _ = await asyncio.wait([self._probe], timeout=seconds)
        return any(each.result() for each in ended if not each.cancelled())

    async def _ask_no_queue(self) -> bool:
        try:
            with self.asking(""):
                channel = await self.take()
                await ask_no_queue(channel)
                await self.give_back(channel)
        except (AMQPError, ConnectionError, RuntimeError):  # requests for queues raise them as well
            return False
        return True


async def ask_no_queue(channel: AbstractChannel) -> None:
    """Send a request that changes nothing: a prefetch count, without consumers."""
    await channel.basic_qos(prefetch_count=0)
