"""Ready messages and consumers by passive declaration: fresh at call time, 0.2 ms each."""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from aiormq.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import (
    AMQPError,
    ChannelClosed,
    ChannelLockedResource,
    ChannelNotFoundEntity,
)

from mare.broker.amqp_connection import SharedConnection
from mare.broker.connection_parameters import ConnectionParameters
from mare.domain.unknown import Unknown

_CHANNELS = 8
"""QueueDepths of one reading on their way at a time. A missing queue closes its channel, the
others go on."""
_MOST_CHANNELS = 128
"""Of all readings together; RabbitMQ ends a connection that opens more than 2,047."""
_SILENT, _UNASKABLE = "LeaderSilent", "NotReported"
_LEADER_SECONDS = 0.25
"""How long RabbitMQ waits for a queue's leader; then it says 0 and 0."""


class Depth(NamedTuple):
    ready: int
    consumers: int


Answer = Depth | Unknown


class PassiveDeclare:
    """Readings share one connection, whoever asks for them."""

    def __init__(self, access: ConnectionParameters) -> None:
        self._shared = SharedConnection(access)
        self._room = asyncio.Semaphore(_MOST_CHANNELS)
        self._idle: list[AbstractChannel] = []
        self._answered_at = float("-inf")
        """When somebody got an answer last, by the clock of the event loop."""

    async def read(self, names: Iterable[str], seconds: float) -> dict[str, Answer]:
        """The depths of these queues, of as many as there is an answer for in `seconds`.

        A queue that was asked and did not answer is `silent`, one that had nothing to say for too
        long is `late`, one whose turn did not come is left out. Raises `AccessRefused` if the
        broker does not let us in, OSError if it cannot be reached or answers nothing at all.
        """
        waiting = list(names)
        waiting.reverse()
        answers: dict[str, Answer] = {}
        connection = await self._shared.opened()
        begun = asyncio.get_running_loop().time()
        workers = [
            self._work(connection, waiting, answers) for _ in range(min(_CHANNELS, len(waiting)))
        ]
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*workers)
        except TimeoutError as error:
            if self._answered_at < begun:
                await self._shared.cut(connection)
                raise OSError("nothing is answered") from error
        except (AMQPError, ConnectionError, RuntimeError) as error:
            await self._shared.cut(connection)
            raise OSError(type(error).__name__) from error
        return answers

    async def _work(
        self, connection: AbstractConnection, waiting: list[str], answers: dict[str, Answer]
    ) -> None:
        async with self._room:
            channel: AbstractChannel | None = None
            try:
                while waiting:
                    name = waiting.pop()
                    answers[name] = silent(name)
                    channel = channel or await self._channel(connection)
                    answers[name], channel = await self._ask(channel, name)
            except asyncio.CancelledError:
                if connection.is_closed:  # so aiormq says that no heartbeat came
                    raise ConnectionError("closed") from None
                raise
            if channel is not None:
                self._idle.append(channel)

    async def _channel(self, connection: AbstractConnection) -> AbstractChannel:
        while self._idle:
            channel = self._idle.pop()
            if channel.connection is connection and not channel.is_closed:
                return channel
        return await connection.channel(publisher_confirms=False)

    async def _ask(
        self, channel: AbstractChannel, name: str
    ) -> tuple[Answer, AbstractChannel | None]:
        """The answer, and the channel if it lives on."""
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        try:
            found = await channel.queue_declare(name, passive=True)
        except (TypeError, ValueError):  # aiormq takes ASCII only, and 255 bytes of it
            text = f"AMQP cannot ask for queue {name}, only management-uri or prometheus-uri can"
            return Unknown(_UNASKABLE, text, name), channel
        except ChannelClosed as error:
            self._answered_at = loop.time()
            return _why(error, name), None
        self._answered_at = loop.time()
        depth = Depth(found.message_count or 0, found.consumer_count or 0)
        is_late = self._answered_at - asked_at >= _LEADER_SECONDS
        return (late(name) if is_late and not any(depth) else depth), channel

    async def close(self) -> None:
        await self._shared.close()


def silent(name: str) -> Unknown:
    """What is said of a queue that says nothing."""
    return Unknown(_SILENT, f"queue {name} does not answer", name)


def late(name: str) -> Unknown:
    """What is said of a queue for which RabbitMQ seems to have answered."""
    return Unknown(_SILENT, f"the leader of queue {name} seems not to answer", name)


def not_found(name: str) -> Unknown:
    return Unknown("QueueNotFound", f"queue {name} does not exist", name)


def is_silence(answer: Answer) -> bool:
    return isinstance(answer, Unknown) and answer.reason == _SILENT


def is_unaskable(answer: Answer) -> bool:
    """Whether AMQP cannot even ask for the queue, of which statistics may tell all the same."""
    return isinstance(answer, Unknown) and answer.reason == _UNASKABLE


def _why(error: ChannelClosed, name: str) -> Unknown:
    match error:
        case ChannelNotFoundEntity():
            return not_found(name)
        case ChannelLockedResource():
            text = f"queue {name} belongs to one connection alone"
            return Unknown("QueueExclusive", text, name)
        case _:
            text = f"the broker does not show queue {name} to this user"
            return Unknown("QueueRefused", text, name)
