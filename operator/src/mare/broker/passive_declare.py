"""Ready messages and consumers of queues by passive declare: current values, in 0.2 ms a queue."""

import asyncio
from collections import deque
from collections.abc import Collection, Iterable

from aiormq.abc import AbstractChannel
from aiormq.exceptions import AMQPError, ChannelClosed

from mare.background import Tasks
from mare.broker import declare_answers
from mare.broker.amqp_connection import SharedConnection
from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.declare_answers import Answer, Depth, delayed, late, silent, unsupported
from mare.broker.declare_channels import DeclareChannels, ask_no_queue

_CHANNELS = 32
"""Concurrent declares of one read. A missing queue closes its channel; the others continue. Each
answer waits for its turn in the event loop: while that took 0.1 s, 100 queues on 8 channels took
2.5 s."""
_STALL_SECONDS, _MOST_STALLS = 0.5, 4
"""After 0.5 s in which the broker answers, but no queue of a read, others are asked. If there is no
other, the read ends after the fourth time. RabbitMQ waits 0.25 s for a leader, twice."""
_LATE_SECONDS = 0.5
"""A queue that has not answered for so long is not asked by another read."""
_LOST_SECONDS = 75.0
"""RabbitMQ takes a silent node for down after 75 s at most (`net_ticktime`), and answers. Then a
request without an answer is lost."""
_RECEIVE_SECONDS = 0.1
_LEADER_SECONDS = 0.25
"""RabbitMQ waits this long for the leader of a quorum queue, then returns 0 and 0."""
_ATTEMPTS = 2
"""A pause of the operator, such as a garbage collection of 0.5 s, makes one answer late; a leader
that does not answer makes each late. Otherwise such a queue was next read after 0.5 s or later."""


class PassiveDeclare:
    def __init__(self, parameters: ConnectionParameters) -> None:
        self._shared = SharedConnection(parameters)
        self._tasks = Tasks()
        self._channels: DeclareChannels | None = None

    async def read(self, names: Collection[str], seconds: float) -> dict[str, Answer]:
        """Return the depths of queues, as far as the broker answers within `seconds`.

        A queue that does not answer is `silent`; one that returns 0 and 0 late is `late`. Queues
        that were not declared in time are missing.

        Raises:
            AccessRefused: The broker refuses the connection.
            OverBudget: The namespace is over a bound.
            OSError: The broker cannot be reached, or answers no request, of whatever kind.
        """
        channels = await self._connected()
        # A queue that never answers has one channel, or one for each read of its first 0.5 s.
        overdue = channels.unanswered_for(_LATE_SECONDS).intersection(names)
        reading = _Reading(channels, (each for each in names if each not in overdue))
        try:
            is_answered = await reading.ask(seconds)
        except (AMQPError, ConnectionError, RuntimeError) as error:
            await self._shared.drop(channels.connection)
            raise OSError(type(error).__name__) from error
        finally:
            reading.waiting.clear()
        if not is_answered:
            await self._shared.drop(channels.connection)
            raise OSError("the broker answers nothing")
        if not reading.answers and channels.is_full:
            await self._shared.drop(channels.connection)
        return reading.answers | {name: silent(name) for name in overdue | reading.unanswered}

    async def _connected(self) -> DeclareChannels:
        if self._channels is not None and self._channels.unanswered_for(_LOST_SECONDS):
            await self._shared.drop(self._channels.connection)
        connection = await self._shared.get()
        if self._channels is None or self._channels.connection is not connection:
            self._channels = DeclareChannels(connection, self._tasks)
        return self._channels

    async def close(self) -> None:
        await self._shared.close()
        await self._tasks.cancel()


class _Reading:
    """One read: the queues that wait, those that are asked, and the answers."""

    def __init__(self, channels: DeclareChannels, names: Iterable[str]) -> None:
        self.waiting = deque(names)
        self.unanswered: set[str] = set()
        self.answers: dict[str, Answer] = {}
        self._channels = channels

    async def ask(self, seconds: float) -> bool:
        """Declare queues until all have answered or the time is over; return if any answer came.

        Where none of those that are asked answers, but the broker does, others are asked as well:
        of 3,000 queues, 200 on a node that stood still hid all others.
        """
        channels, now = self._channels, asyncio.get_running_loop().time
        end, before, stalls = now() + seconds, channels.answered, 0
        broker_answers, workers = False, self._start()
        while workers and now() < end and stalls < _MOST_STALLS:
            answered = len(self.answers)
            workers = await _unended(workers, min(_STALL_SECONDS, end - now()))
            if len(self.answers) > answered:
                stalls = 0
            elif now() < end and await channels.is_answered_within(_STALL_SECONDS):
                broker_answers = True
                started = self._start() if channels.set_aside(workers) else set()
                stalls = 0 if started else stalls + 1
                workers |= started
        if workers and channels.answered == before:
            # After a pause of the event loop, the time is over before answers are received.
            workers = await _unended(workers, _RECEIVE_SECONDS)
        return not workers or broker_answers or channels.answered > before

    def _start(self) -> set[asyncio.Task[None]]:
        count = min(_CHANNELS, len(self.waiting))
        workers = {self._channels.tasks.start(self._declare_all()) for _ in range(count)}
        for each in workers:  # the errors of those that go on after the read are not reported
            each.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        return workers

    async def _declare_all(self) -> None:
        """Declare queues until none waits.

        It is not cancelled when the time is over. A channel is closed with the request that was
        cancelled on it, or is lost, if the answer was there already: a busy broker had to open and
        close 32 channels for each late read, and after 256 lost ones the connection was closed.
        """
        channels = self._channels
        channel: AbstractChannel | None = None
        try:
            async with channels.place():
                while self.waiting:
                    name = self.waiting.popleft()
                    self.unanswered.add(name)
                    try:
                        with channels.asking(name):
                            channel = channel or await channels.take()
                            self.answers[name], channel = await _declare(channels, channel, name)
                    finally:
                        self.unanswered.discard(name)
                if channel is not None:
                    await channels.give_back(channel)
        except asyncio.CancelledError:  # aiormq cancels its callers if heartbeats are missing
            raise ConnectionError("closed") from None


async def _unended(
    workers: Collection[asyncio.Task[None]], seconds: float
) -> set[asyncio.Task[None]]:
    """Wait until workers end, at most for a time; return the others. Raises what one raised."""
    ended, others = await asyncio.wait(
        workers, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION
    )
    for each in ended:
        if each.cancelled():  # by `close`
            raise ConnectionError("closed")
        each.result()
    return others


async def _declare(
    channels: DeclareChannels, channel: AbstractChannel, name: str
) -> tuple[Answer, AbstractChannel | None]:
    loop = asyncio.get_running_loop()
    for _ in range(_ATTEMPTS):
        begun = loop.time()
        try:
            found = await channel.queue_declare(name, passive=True)
        except (TypeError, ValueError):  # aiormq accepts 255 bytes of ASCII.
            return unsupported(name), channel
        except ChannelClosed as error:
            channels.answered += 1
            return declare_answers.cause(error, name), None
        channels.answered += 1
        depth = Depth(found.message_count or 0, found.consumer_count or 0)
        if any(depth) or loop.time() - begun < _LEADER_SECONDS:
            return depth, channel
    begun = loop.time()
    await ask_no_queue(channel)
    is_delayed = loop.time() - begun >= _LEADER_SECONDS / 2
    return (delayed(name) if is_delayed else late(name)), channel
