"""A broker that answers passive declares through the interface of aiormq, and can fail."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

from aiormq.exceptions import ChannelNotFoundEntity, ProbableAuthenticationError
from yarl import URL


class Found(NamedTuple):
    message_count: int
    consumer_count: int


@dataclass
class Broker:
    """`connection` replaces `aiormq.Connection`."""

    queues: dict[str, Found] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    """Queues that return 0 and 0, after the time that RabbitMQ waits for a leader."""
    late_once: set[str] = field(default_factory=set)
    """Queues whose next answer is late, as after a pause of the operator."""
    failing: dict[str, Exception] = field(default_factory=dict)
    """With which error a declare fails, by queue."""
    stuck: set[str] = field(default_factory=set)
    """Queues that do not answer in time."""
    stuck_seconds: float = 50.0
    busy_seconds: float = 0.0
    """How late each answer is, whatever it is about."""
    opens_channels: bool = True
    """Whether it answers a client that opens a channel."""
    channel_max: int = 2047
    is_away: bool = False
    refuses: bool = False
    """Whether it refuses each password."""
    password: str | None = None
    """The only password that it accepts; None if it accepts any."""
    connections: "list[Connection]" = field(default_factory=list)
    declared: list[str] = field(default_factory=list)

    def connection(self, url: Any, *_: Any, **__: Any) -> "Connection":
        self.connections.append(Connection(self, URL(url).password))
        return self.connections[-1]

    @property
    def open(self) -> int:
        return sum(not each.is_closed for each in self.connections)

    def restart(self) -> None:
        for each in self.connections:
            each.break_off(ConnectionError("reset"))


class Connection:
    server_properties: ClassVar = {"capabilities": {}}

    def __init__(self, broker: Broker, password: str | None) -> None:
        self.broker = broker
        self.password = password
        self.is_closed = True
        self.connection_tune = SimpleNamespace(channel_max=broker.channel_max)
        self.channels: dict[int, Channel] = {}
        self._end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._end.add_done_callback(lambda end: end.exception())

    async def connect(self) -> None:
        await asyncio.sleep(0)
        if self.broker.is_away:
            raise ConnectionError("refused")
        if self.broker.refuses or self.broker.password not in {None, self.password}:
            raise ProbableAuthenticationError("no")
        self.is_closed = False

    async def channel(self, *, publisher_confirms: bool) -> "Channel":
        if not self.broker.opens_channels:
            await self.until(asyncio.get_running_loop().create_future())
        channel = Channel(self)
        self.channels[len(self.channels)] = channel
        return channel

    def break_off(self, error: BaseException | type[BaseException]) -> None:
        self.is_closed = True
        if not self._end.done():
            self._end.set_exception(error)

    async def close(self, error: BaseException | type[BaseException]) -> None:
        self.break_off(error)

    async def until(self, answer: asyncio.Future[Any]) -> None:
        """Wait for the answer, or fail with the connection."""
        await asyncio.wait([answer, self._end], return_when=asyncio.FIRST_COMPLETED)
        if self._end.done():
            self._end.result()


class Channel:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        return self._is_closed or self.connection.is_closed

    async def queue_declare(self, name: str, *, passive: bool) -> Found:
        broker = self.connection.broker
        broker.declared.append(name)
        if not name.isascii():
            raise ValueError("Invalid value for queue")
        is_late = name in broker.silent | broker.late_once
        broker.late_once.discard(name)
        seconds = broker.stuck_seconds if name in broker.stuck else 0.26 if is_late else 0
        await self._wait(seconds + broker.busy_seconds)
        if name in broker.failing:
            self._is_closed = True
            raise broker.failing[name]
        if name in broker.silent:
            return Found(0, 0)
        if name not in broker.queues:
            self._is_closed = True
            raise ChannelNotFoundEntity(f"no queue {name}")
        return broker.queues[name]

    async def close(self) -> None:
        self._is_closed = True

    async def basic_qos(self, *, prefetch_count: int) -> None:
        await self._wait(self.connection.broker.busy_seconds)

    async def _wait(self, seconds: float) -> None:
        answer = asyncio.ensure_future(asyncio.sleep(seconds))
        try:
            await self.connection.until(answer)
        finally:
            answer.cancel()
