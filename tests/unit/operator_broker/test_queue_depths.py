"""Who does not answer is left alone for a while; the others are read as ever."""

import asyncio
from collections.abc import Awaitable, Callable

import aiormq
import pytest

from mare.broker import passive_declare
from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.passive_declare import Depth
from mare.broker.queue_depths import QueueDepths
from mare.domain.unknown import Unknown
from tests.fakes.declarations import Broker, Found
from tests.unit.operator_loop.worlds import Clock


class Stage:
    def __init__(self, broker: Broker) -> None:
        self.broker, self.clock = broker, Clock(100.0)
        access = ConnectionParameters(amqp_uri="amqp://rabbitmq/")
        self.declarations = QueueDepths(access, self.clock, has_statistics=True)

    async def look(self, *names: str) -> dict[str, Depth | str] | str:
        """PassiveDeclare, or why they are unknown."""
        self.broker.asked.clear()
        seen = await self.declarations.read(names, None)
        if isinstance(seen, Unknown):
            return seen.reason
        return {
            name: answer.reason if isinstance(answer, Unknown) else answer
            for name, (answer, _) in seen.items()
        }


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Stage], Awaitable[None]]], None]:
    broker = Broker({"work": Found(3, 1), "more": Found(0, 0)})
    monkeypatch.setattr(aiormq, "Connection", broker.connection)

    def run(story: Callable[[Stage], Awaitable[None]]) -> None:
        async def bounded() -> None:
            stage = Stage(broker)
            async with asyncio.timeout(20):
                await story(stage)
            await stage.declarations.close()
            assert broker.open == 0

        asyncio.run(bounded())

    return run


def test_a_silent_queue_is_unknown_and_is_left_alone_for_longer_and_longer(play):
    async def story(stage: Stage) -> None:
        stage.broker.silent.add("quiet")
        asked = []
        for _ in range(15):
            seen = await stage.look("quiet", "work")
            assert seen == {"quiet": Depth(0, 0), "work": Depth(3, 1)}
            if "quiet" in stage.broker.asked:
                asked.append(stage.clock.now - 100)
            stage.clock.now += 0.25
        assert asked == [0, 0.5, 1.5, 3.5]
        stage.clock.now += 2
        assert await stage.look("quiet", "work") == {"quiet": "LeaderSilent", "work": Depth(3, 1)}

        stage.broker.silent.clear()
        stage.broker.queues["quiet"] = Found(2, 0)
        stage.clock.now += 8
        assert await stage.look("quiet") == {"quiet": Depth(2, 0)}
        assert await stage.look("quiet") == {"quiet": Depth(2, 0)}

    play(story)


def test_an_empty_queue_that_becomes_silent_is_unknown_soon_and_not_empty(play):
    async def story(stage: Stage) -> None:
        assert await stage.look("more") == {"more": Depth(0, 0)}
        stage.broker.silent.add("more")
        stage.clock.now += 4
        assert await stage.look("more") == {"more": Depth(0, 0)}
        stage.clock.now += 4
        assert await stage.look("more") == {"more": "LeaderSilent"}

    play(story)


def test_who_did_not_answer_the_last_time_is_asked_last(play):
    async def story(stage: Stage) -> None:
        stage.broker.silent.add("quiet")
        await stage.look("quiet", "work", "more")
        stage.clock.now += 1
        await stage.look("quiet", "work", "more")
        assert stage.broker.asked == ["work", "more", "quiet"]

    play(story)


def test_whose_turn_did_not_come_is_asked_the_next_time(play, monkeypatch: pytest.MonkeyPatch):
    async def story(stage: Stage) -> None:
        stuck = [f"stuck-{number}" for number in range(7)]
        stage.broker.stuck |= {*stuck, "stuck-7"}
        monkeypatch.setattr("mare.broker.queue_depths._READ_SECONDS", 0.05)
        assert (await stage.look("work", *stuck, "stuck-7", "more"))["more"] == "LeaderSilent"
        assert "more" not in stage.broker.asked
        assert await stage.look("more") == {"more": Depth(0, 0)}

    play(story)


def test_a_broker_that_is_away_pauses_once_for_all_who_look(play):
    async def story(stage: Stage) -> None:
        stage.broker.is_away = True
        seen = await asyncio.gather(*(stage.look("work") for _ in range(20)))
        assert set(seen) == {"BrokerUnreachable"}
        stage.broker.is_away = False
        assert await stage.look("work") == "BrokerUnreachable"
        stage.clock.now += 0.5
        assert await stage.look("work") == {"work": Depth(3, 1)}

    play(story)


def test_a_surprise_is_a_broker_that_is_out_of_reach(play, monkeypatch: pytest.MonkeyPatch):
    async def story(stage: Stage) -> None:
        def surprise(error: object, name: str) -> Unknown:
            raise KeyError(name)

        monkeypatch.setattr(passive_declare, "_why", surprise)
        assert await stage.look("missing") == "BrokerUnreachable"
        monkeypatch.undo()

    play(story)
