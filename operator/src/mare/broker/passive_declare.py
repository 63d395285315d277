"""Ready messages and consumers of queues by passive declare: current values, in 0.2 ms a queue."""

import asyncio
from collections.abc import Collection
from typing import NamedTuple

from aiormq.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import (
    AMQPError,
    ChannelClosed,
    ChannelLockedResource,
    ChannelNotFoundEntity,
)

from mare.background import Tasks
from mare.broker.amqp_connection import SharedConnection
from mare.broker.connection_parameters import ConnectionParameters
from mare.domain.unknown import Unknown

_CHANNELS = 32
"""Concurrent declares of one read. A missing queue closes its channel; the others continue. Each
answer waits for its turn in the event loop: while that took 0.1 s, 100 queues on 8 channels took
2.5 s."""
_MAX_CHANNELS = 128
"""Concurrent declares of all reads. RabbitMQ closes a connection with more than 2,047 channels."""
_SILENT, _UNSUPPORTED = "LeaderSilent", "NotReported"
_LEADER_SECONDS = 0.25
"""RabbitMQ waits this long for the leader of a quorum queue, then returns 0 and 0."""
_ATTEMPTS = 2
"""A pause of the operator, such as a garbage collection of 0.5 s, makes one answer late; a leader
that does not answer makes each late. Otherwise such a queue was next read after 0.5 s or later."""


class Depth(NamedTuple):
    ready: int
    consumers: int


Answer = Depth | Unknown


class PassiveDeclare:
    def __init__(self, parameters: ConnectionParameters) -> None:
        self._shared = SharedConnection(parameters)
        self._slots = asyncio.Semaphore(_MAX_CHANNELS)
        self._idle: list[AbstractChannel] = []
        self._workers = Tasks()
        self._late: set[str] = set()
        """Queues that did not answer a read in time, and have not answered since."""
        self._answered_at = float("-inf")
        """When the connection returned its last answer, by the clock of the event loop."""

    async def read(self, names: Collection[str], seconds: float) -> dict[str, Answer]:
        """Return the depths of queues, as far as the broker answers within `seconds`.

        A queue that does not answer is `silent`; one that returns 0 and 0 late is `late`. Queues
        that were not declared in time are missing.

        Raises:
            AccessRefused: The broker refuses the connection.
            OverBudget: The namespace is over a bound.
            OSError: The broker cannot be reached, or answers nothing at all.
        """
        # A queue that never answers has one channel, however often it is read.
        late = {name: silent(name) for name in names if name in self._late}
        waiting = [name for name in names if name not in late]
        waiting.reverse()
        answers: dict[str, Answer] = {}
        connection = await self._shared.get()
        begun = asyncio.get_running_loop().time()
        workers = [
            self._workers.start(self._declare_all(connection, waiting, answers))
            for _ in range(min(_CHANNELS, len(waiting)))
        ]
        try:
            is_late = await _end_within(seconds, workers)
        except (AMQPError, ConnectionError, RuntimeError) as error:
            await self._shared.drop(connection)
            raise OSError(type(error).__name__) from error
        finally:
            waiting.clear()
        if is_late and self._answered_at < begun:
            await self._shared.drop(connection)
            raise OSError("the broker answers no declare")
        if is_late:
            self._late |= {name for name, answer in answers.items() if answer == silent(name)}
        return {**late, **answers}

    async def _declare_all(
        self, connection: AbstractConnection, waiting: list[str], answers: dict[str, Answer]
    ) -> None:
        """Declare queues until none waits.

        It is not cancelled when the time is over. A channel is closed with the request that was
        cancelled on it, or is lost, if the answer was there already: a busy broker had to open and
        close 32 channels for each late read, and after 256 lost ones the connection was closed.
        """
        async with self._slots:
            channel: AbstractChannel | None = None
            try:
                while waiting:
                    name = waiting.pop()
                    answers[name] = silent(name)
                    try:
                        channel = channel or await self._channel(connection)
                        answers[name], channel = await self._declare(channel, name)
                    finally:
                        self._late.discard(name)
            except asyncio.CancelledError:  # aiormq cancels its callers if heartbeats are missing
                raise ConnectionError("closed") from None
            if channel is not None:
                self._idle.append(channel)

    async def _channel(self, connection: AbstractConnection) -> AbstractChannel:
        while self._idle:
            channel = self._idle.pop()
            if channel.connection is connection and not channel.is_closed:
                return channel
        return await connection.channel(publisher_confirms=False)

    async def _declare(
        self, channel: AbstractChannel, name: str
    ) -> tuple[Answer, AbstractChannel | None]:
        loop = asyncio.get_running_loop()
        for _ in range(_ATTEMPTS):
            begun = loop.time()
            try:
                found = await channel.queue_declare(name, passive=True)
            except (TypeError, ValueError):  # aiormq accepts 255 bytes of ASCII.
                text = f"AMQP cannot read queue {name}; it needs management-uri or prometheus-uri"
                return Unknown(_UNSUPPORTED, text, name), channel
            except ChannelClosed as error:
                self._answered_at = loop.time()
                return _cause(error, name), None
            self._answered_at = loop.time()
            depth = Depth(found.message_count or 0, found.consumer_count or 0)
            if any(depth) or self._answered_at - begun < _LEADER_SECONDS:
                return depth, channel
        begun = loop.time()
        await channel.basic_qos(prefetch_count=0)  # asks no queue, and changes nothing
        is_delayed = loop.time() - begun >= _LEADER_SECONDS / 2
        return (delayed(name) if is_delayed else late(name)), channel

    async def close(self) -> None:
        await self._shared.close()
        await self._workers.cancel()


async def _end_within(seconds: float, workers: Collection[asyncio.Task[None]]) -> bool:
    """Wait until workers end or one fails, at most for a time; return whether others go on.

    Raises what one of them raised. Errors of those that go on are not reported.
    """
    if not workers:
        return False
    for each in workers:
        each.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    ended, late = await asyncio.wait(workers, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for each in ended:
        each.result()
    return bool(late)


def silent(name: str) -> Unknown:
    return Unknown(_SILENT, f"queue {name} does not answer", name)


def late(name: str) -> Unknown:
    """Return the answer of a queue whose leader probably did not answer RabbitMQ."""
    return Unknown(_SILENT, f"the leader of queue {name} does not answer", name)


def delayed(name: str) -> Unknown:
    """Return the answer of a queue while requests to no queue are late as well."""
    return Unknown(
        _SILENT, f"queue {name} answers late, as the broker or the operator is busy", name
    )


def not_found(name: str) -> Unknown:
    return Unknown("QueueNotFound", f"queue {name} does not exist", name)


def is_silent(answer: Answer) -> bool:
    return isinstance(answer, Unknown) and answer.reason == _SILENT


def is_unsupported(answer: Answer) -> bool:
    """Return whether AMQP cannot declare the queue by its name. Statistics may contain it."""
    return isinstance(answer, Unknown) and answer.reason == _UNSUPPORTED


def _cause(error: ChannelClosed, name: str) -> Unknown:
    match error:
        case ChannelNotFoundEntity():
            return not_found(name)
        case ChannelLockedResource():
            return Unknown("QueueExclusive", f"queue {name} is exclusive to one connection", name)
        case _:
            return Unknown("QueueRefused", f"this user may not read queue {name}", name)
