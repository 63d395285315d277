"""A queue or broker that does not answer is retried with a backoff; other queues are still read."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import aiormq
import pytest

from mare.broker import declare_answers
from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.declare_answers import Depth
from mare.broker.queue_depths import QueueDepths
from mare.domain.unknown import Unknown
from tests.fakes.declarations import Broker, Found
from tests.unit.operator_broker import virtual_time


class Stage:
    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        parameters = ConnectionParameters(amqp_uri="amqp://rabbitmq/")
        self.depths = QueueDepths(parameters, virtual_time.now, has_statistics=True)

    async def read(self, *names: str) -> dict[str, Depth | str] | str:
        """The depths, or why they are unknown."""
        self.broker.declared.clear()
        depths = await self.depths.read(names, None)
        if isinstance(depths, Unknown):
            return depths.reason
        return {
            name: answer.reason if isinstance(answer, Unknown) else answer
            for name, (answer, _) in depths.items()
        }

    async def declare_times(self, name: str, seconds: float) -> list[float]:
        """When the queue is declared, if it is read four times a second."""
        times, begun = [], virtual_time.now()
        while virtual_time.now() < begun + seconds:
            read_at = virtual_time.now()
            await self.read(name, "work")
            if name in self.broker.declared:
                times.append(read_at)
            await asyncio.sleep(0.25)
        return times


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Stage], Awaitable[None]]], None]:
    broker = Broker({"work": Found(3, 1), "more": Found(0, 0)})
    monkeypatch.setattr(aiormq, "Connection", broker.connection)

    def run(timeline: Callable[[Stage], Awaitable[None]]) -> None:
        async def closing() -> None:
            stage = Stage(broker)
            await timeline(stage)
            await stage.depths.close()
            assert broker.open == 0

        virtual_time.run(closing())

    return run


def test_a_missing_queue_is_declared_after_half_a_second_then_up_to_every_8_s(play):
    async def timeline(stage: Stage) -> None:
        times = await stage.declare_times("missing", 39)
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert gaps == [0.5, 1, 2, 4, 8, 8, 8]

    play(timeline)


def test_a_queue_that_was_found_again_starts_with_the_shortest_backoff(play):
    async def timeline(stage: Stage) -> None:
        await stage.declare_times("late", 10)
        stage.broker.queues["late"] = Found(1, 0)
        await asyncio.sleep(8)
        assert await stage.read("late") == {"late": Depth(1, 0)}
        del stage.broker.queues["late"]
        times = await stage.declare_times("late", 1.25)
        assert [later - earlier for earlier, later in pairwise(times)] == [0.5]

    play(timeline)


def test_a_silent_queue_is_unknown_after_5_s_and_does_not_hide_the_others(play):
    async def timeline(stage: Stage) -> None:
        stage.broker.silent.add("quiet")
        assert await stage.read("quiet", "work") == {"quiet": Depth(0, 0), "work": Depth(3, 1)}
        await asyncio.sleep(5.5)
        assert await stage.read("quiet", "work") == {"quiet": "LeaderSilent", "work": Depth(3, 1)}

        stage.broker.silent.clear()
        stage.broker.queues["quiet"] = Found(2, 0)
        await asyncio.sleep(8)
        assert await stage.read("quiet") == {"quiet": Depth(2, 0)}

    play(timeline)


def test_an_empty_queue_that_becomes_silent_turns_unknown(play):
    async def timeline(stage: Stage) -> None:
        assert await stage.read("more") == {"more": Depth(0, 0)}
        stage.broker.silent.add("more")
        await asyncio.sleep(4)
        assert await stage.read("more") == {"more": Depth(0, 0)}
        await asyncio.sleep(4)
        assert await stage.read("more") == {"more": "LeaderSilent"}

    play(timeline)


def test_a_queue_that_did_not_answer_is_declared_after_the_others(play):
    async def timeline(stage: Stage) -> None:
        stage.broker.silent.add("quiet")
        await stage.read("quiet", "work", "more")
        await asyncio.sleep(1)
        await stage.read("quiet", "work", "more")
        assert stage.broker.declared == ["work", "more", "quiet", "quiet"]

    play(timeline)


def test_a_queue_behind_many_that_do_not_answer_is_reached(play):
    async def timeline(stage: Stage) -> None:
        stuck = [f"stuck-{number}" for number in range(100)]
        stage.broker.stuck |= set(stuck)
        assert (await stage.read("work", *stuck, "more"))["more"] == Depth(0, 0)

    play(timeline)


@pytest.mark.parametrize("cause", ["leader", "everything"])
def test_an_empty_queue_that_is_late_with_all_others_is_read_again_at_once(play, cause):
    """A busy event loop made empty queues seem silent: a burst was seen after up to 8 s."""

    async def timeline(stage: Stage) -> None:
        await stage.read("work", "more")
        stage.broker.silent = {"more"} if cause == "leader" else set()
        stage.broker.busy_seconds = 0.0 if cause == "leader" else 0.3
        times = await stage.declare_times("more", 12)
        gaps = {later - earlier for earlier, later in pairwise(times)}
        assert (max(gaps) > 2) == (cause == "leader")

    play(timeline)


def test_an_empty_queue_that_is_late_once_is_read_again_at_once(play):
    """A pause of the operator made idle queues seem silent, and bursts up to 8 s late."""

    async def timeline(stage: Stage) -> None:
        stage.broker.queues["more"] = Found(0, 0)
        await stage.read("work", "more")
        stage.broker.late_once = {"more"}
        assert await stage.read("more") == {"more": Depth(0, 0)}
        stage.broker.queues["more"] = Found(9, 0)
        assert await stage.read("more") == {"more": Depth(9, 0)}

    play(timeline)


def test_concurrent_reads_of_an_unreachable_broker_back_off_once(play):
    async def timeline(stage: Stage) -> None:
        stage.broker.is_away = True
        depths = await asyncio.gather(*(stage.read("work") for _ in range(20)))
        assert set(depths) == {"BrokerUnreachable"}
        stage.broker.is_away = False
        assert await stage.read("work") == "BrokerUnreachable"
        await asyncio.sleep(0.5)
        assert await stage.read("work") == {"work": Depth(3, 1)}

    play(timeline)


def test_a_connection_that_worked_again_starts_with_the_shortest_backoff(play):
    async def timeline(stage: Stage) -> None:
        for _ in range(2):
            stage.broker.is_away = True
            stage.broker.restart()
            assert await stage.read("work") == "BrokerUnreachable"
            stage.broker.is_away = False
            await asyncio.sleep(0.5)
            assert await stage.read("work") == {"work": Depth(3, 1)}

    play(timeline)


def test_a_refused_password_is_reported_until_it_is_accepted(play):
    async def timeline(stage: Stage) -> None:
        stage.broker.refuses = True
        assert await stage.read("work") == "AccessRefused"
        assert stage.depths.is_refused
        stage.broker.refuses = False
        await asyncio.sleep(0.5)
        await stage.read("work")
        assert not stage.depths.is_refused

    play(timeline)


def test_an_unexpected_error_counts_as_an_unreachable_broker(play, monkeypatch: pytest.MonkeyPatch):
    async def timeline(stage: Stage) -> None:
        def fail(error: object, name: str) -> Unknown:
            raise KeyError(name)

        monkeypatch.setattr(declare_answers, "cause", fail)
        assert await stage.read("missing") == "BrokerUnreachable"
        monkeypatch.undo()

    play(timeline)
