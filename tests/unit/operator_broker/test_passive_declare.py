"""Readings over one connection, however many want it and whatever happens to some of them."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import aiormq
import pytest

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.passive_declare import Answer, Depth, PassiveDeclare
from mare.domain.unknown import Unknown
from tests.fakes.declarations import Broker, Found

ONE = Found(1, 1)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    broker = Broker({f"work-{number}": ONE for number in range(50)})
    monkeypatch.setattr(aiormq, "Connection", broker.connection)
    return broker


def run(story: Coroutine[Any, Any, Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(20):
            return await story

    return asyncio.run(bounded())


async def all_asked() -> None:
    for _ in range(100):
        await asyncio.sleep(0)


def depths() -> PassiveDeclare:
    return PassiveDeclare(ConnectionParameters(amqp_uri="amqp://rabbitmq/"))


def reasons(answers: dict[str, Answer]) -> dict[str, str | None]:
    return {
        name: answer.reason if isinstance(answer, Unknown) else None
        for name, answer in answers.items()
    }


def test_all_who_read_at_the_same_time_share_one_connection(broker: Broker):
    async def story() -> None:
        read = depths()
        everybody = (read.read([f"work-{number}"], 5) for number in range(50))
        for number, answers in enumerate(await asyncio.gather(*everybody)):
            assert answers == {f"work-{number}": Depth(1, 1)}
        assert len(broker.connections) == 1
        await read.close()
        assert broker.open == 0

    run(story())


def test_after_a_restart_they_share_the_next_one(broker: Broker):
    async def story() -> None:
        read = depths()
        broker.stuck.add("work-0")
        waiting = [asyncio.create_task(read.read(["work-0"], 5)) for _ in range(20)]
        await all_asked()
        assert len(broker.asked) == 20
        broker.restart()
        lost = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(each, OSError) for each in lost)

        broker.stuck.clear()
        await asyncio.gather(*(read.read(["work-0"], 5) for _ in range(20)))
        assert (len(broker.connections), broker.open) == (2, 1)
        await read.close()

    run(story())


def test_all_who_wait_for_a_broker_that_is_away_wait_for_one_attempt(broker: Broker):
    async def story() -> None:
        broker.is_away = True
        read = depths()
        everybody = (read.read(["work-0"], 5) for _ in range(20))
        lost = await asyncio.gather(*everybody, return_exceptions=True)
        assert all(isinstance(each, OSError) for each in lost)
        assert len(broker.connections) == 1

    run(story())


def test_whoever_gives_up_takes_nobody_elses_connection(broker: Broker):
    async def story() -> None:
        read = depths()
        first = asyncio.create_task(read.read(["work-0"], 5))
        second = asyncio.create_task(read.read(["work-1"], 5))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == {"work-1": Depth(1, 1)}
        assert len(broker.connections) == 1
        await read.close()

    run(story())


def test_one_queue_that_never_answers_does_not_cut_the_connection_of_others(broker: Broker):
    async def story() -> None:
        broker.stuck.add("stuck")
        read = depths()
        slow = asyncio.create_task(read.read(["stuck"], 0.1))
        while not slow.done():
            assert await read.read(["work-0"], 5) == {"work-0": Depth(1, 1)}
        assert reasons(await slow) == {"stuck": "LeaderSilent"}
        assert (len(broker.connections), broker.open) == (1, 1)
        await read.close()

    run(story())


def test_a_connection_by_which_nothing_is_answered_is_cut(broker: Broker):
    async def story() -> None:
        broker.stuck |= {"work-0", "work-1"}
        read = depths()
        with pytest.raises(OSError, match="nothing is answered"):
            await read.read(["work-0", "work-1"], 0.1)
        assert broker.open == 0

    run(story())


def test_a_heartbeat_that_did_not_come_is_no_cancellation(broker: Broker):
    async def story() -> None:
        broker.stuck.add("work-0")
        read = depths()
        reading = asyncio.create_task(read.read(["work-0"], 5))
        await all_asked()
        broker.connections[0].break_off(asyncio.CancelledError)
        with pytest.raises(OSError, match="ConnectionError"):
            await reading

    run(story())


def test_silent_leaders_make_only_their_own_queues_unknown(broker: Broker):
    async def story() -> None:
        broker.silent = {f"silent-{number}" for number in range(100)}
        read = depths()
        answers = await read.read([*broker.queues, *broker.silent], 0.4)
        known = {name: answer for name, answer in answers.items() if isinstance(answer, Depth)}
        assert known == dict.fromkeys(broker.queues, Depth(1, 1))
        silent = {name: why for name, why in reasons(answers).items() if why}
        assert set(silent.values()) == {"LeaderSilent"}
        assert 8 <= len(silent) < 100  # the others are not asked
        assert broker.open == 1
        await read.close()

    run(story())


def test_a_queue_that_cannot_be_asked_for_leaves_the_others_alone(broker: Broker):
    async def story() -> None:
        read = depths()
        answers = await read.read(["fila-ação", "missing", "work-0"], 5)
        assert reasons(answers) == {
            "fila-ação": "NotReported",
            "missing": "QueueNotFound",
            "work-0": None,
        }
        await read.close()

    run(story())


def test_nothing_is_opened_after_the_end(broker: Broker):
    async def story() -> None:
        read = depths()
        await read.close()
        with pytest.raises(OSError, match="closed"):
            await read.read(["work-0"], 5)
        assert broker.connections == []

    run(story())
