"""All reads share one connection, and one queue that fails does not affect the others."""

import asyncio

import pytest
from aiormq.exceptions import (
    ChannelAccessRefused,
    ChannelClosed,
    ChannelLockedResource,
    ChannelNotFoundEntity,
)

from mare.broker.declare_answers import Answer, Depth
from mare.domain.unknown import Unknown
from tests.fakes.declarations import Broker
from tests.unit.operator_broker.declaring import all_declared, declare
from tests.unit.operator_broker.virtual_time import run


def reasons(answers: dict[str, Answer]) -> dict[str, str | None]:
    return {
        name: answer.reason if isinstance(answer, Unknown) else None
        for name, answer in answers.items()
    }


def test_concurrent_reads_share_one_connection(broker: Broker):
    async def timeline() -> None:
        read = declare()
        everybody = (read.read([f"work-{number}"], 5) for number in range(50))
        for number, answers in enumerate(await asyncio.gather(*everybody)):
            assert answers == {f"work-{number}": Depth(1, 1)}
        assert len(broker.connections) == 1
        await read.close()
        assert broker.open == 0

    run(timeline())


def test_after_a_restart_all_reads_share_the_next_connection(broker: Broker):
    async def timeline() -> None:
        read = declare()
        broker.stuck.add("work-0")
        waiting = [asyncio.create_task(read.read(["work-0"], 5)) for _ in range(20)]
        await all_declared()
        assert len(broker.declared) == 20
        broker.restart()
        lost = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(each, OSError) for each in lost)

        broker.stuck.clear()
        await asyncio.gather(*(read.read(["work-0"], 5) for _ in range(20)))
        assert (len(broker.connections), broker.open) == (2, 1)
        await read.close()

    run(timeline())


def test_concurrent_reads_of_an_unreachable_broker_share_one_attempt(broker: Broker):
    async def timeline() -> None:
        broker.is_away = True
        read = declare()
        everybody = (read.read(["work-0"], 5) for _ in range(20))
        lost = await asyncio.gather(*everybody, return_exceptions=True)
        assert all(isinstance(each, OSError) for each in lost)
        assert len(broker.connections) == 1

    run(timeline())


def test_a_cancelled_read_does_not_cancel_the_connection_of_others(broker: Broker):
    async def timeline() -> None:
        read = declare()
        first = asyncio.create_task(read.read(["work-0"], 5))
        second = asyncio.create_task(read.read(["work-1"], 5))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == {"work-1": Depth(1, 1)}
        assert len(broker.connections) == 1
        await read.close()

    run(timeline())


def test_one_queue_that_never_answers_does_not_close_the_connection(broker: Broker):
    async def timeline() -> None:
        broker.stuck.add("stuck")
        read = declare()
        slow = asyncio.create_task(read.read(["stuck"], 0.1))
        while not slow.done():
            assert await read.read(["work-0"], 5) == {"work-0": Depth(1, 1)}
            await asyncio.sleep(0.01)
        assert reasons(await slow) == {"stuck": "LeaderSilent"}
        assert (len(broker.connections), broker.open) == (1, 1)
        await read.close()

    run(timeline())


def test_a_connection_that_answers_nothing_is_closed(broker: Broker):
    async def timeline() -> None:
        broker.stuck |= {"work-0", "work-1"}
        read = declare()
        with pytest.raises(OSError, match="answers nothing"):
            await read.read(["work-0", "work-1"], 0.1)
        assert broker.open == 0
        await read.close()

    run(timeline())


def test_a_missing_heartbeat_is_a_connection_error_and_no_cancellation(broker: Broker):
    async def timeline() -> None:
        broker.stuck.add("work-0")
        read = declare()
        reading = asyncio.create_task(read.read(["work-0"], 5))
        await all_declared()
        broker.connections[0].break_off(asyncio.CancelledError)
        with pytest.raises(OSError, match="ConnectionError"):
            await reading

    run(timeline())


def test_silent_leaders_make_only_their_own_queues_unknown(broker: Broker):
    async def timeline() -> None:
        broker.silent = {f"silent-{number}" for number in range(100)}
        read = declare()
        answers = await read.read([*broker.queues, *broker.silent], 0.4)
        known = {name: answer for name, answer in answers.items() if isinstance(answer, Depth)}
        assert known == dict.fromkeys(broker.queues, Depth(1, 1))
        silent = {name: why for name, why in reasons(answers).items() if why}
        assert set(silent.values()) == {"LeaderSilent"}
        assert 8 <= len(silent) < 100  # The others are not declared.
        assert broker.open == 1
        await read.close()

    run(timeline())


def test_no_connection_is_opened_after_close(broker: Broker):
    async def timeline() -> None:
        read = declare()
        await read.close()
        with pytest.raises(OSError, match="closed"):
            await read.read(["work-0"], 5)
        assert broker.connections == []

    run(timeline())


def test_a_read_that_waits_for_the_connection_fails_when_it_is_closed(broker: Broker):
    async def timeline() -> None:
        read = declare()
        reading = asyncio.create_task(read.read(["work-0"], 5))
        await asyncio.sleep(0)
        await read.close()
        with pytest.raises(OSError, match="closed"):
            await reading

    run(timeline())


def test_a_queue_that_cannot_be_declared_has_a_cause_and_does_not_affect_the_others(broker: Broker):
    broker.failing |= {"own": ChannelLockedResource("no"), "other": ChannelAccessRefused("no")}

    async def timeline() -> None:
        read = declare()
        answers = await read.read(["fila-ação", "gone", "own", "other", "work-1"], 5)
        assert answers == {
            "fila-ação": Unknown(
                "NotReported",
                "AMQP cannot read queue fila-ação; it needs management-uri or prometheus-uri",
            ),
            "gone": Unknown("QueueNotFound", "queue gone does not exist"),
            "own": Unknown("QueueExclusive", "queue own is exclusive to one connection"),
            "other": Unknown("QueueRefused", "this user may not read queue other"),
            "work-1": Depth(1, 1),
        }
        assert {getattr(each, "name", "work-1") for each in answers.values()} == answers.keys()
        await read.close()

    run(timeline())


@pytest.mark.parametrize(
    "error",
    [
        ChannelClosed(541, "INTERNAL_ERROR"),
        ChannelNotFoundEntity(
            "NOT_FOUND - home node 'rabbit@b' of durable queue 'work-0' in vhost '/' is down or "
            "inaccessible"
        ),
    ],
)
def test_an_error_of_the_broker_is_no_missing_queue_or_right(broker: Broker, error: Exception):
    broker.failing["work-0"] = error

    async def timeline() -> None:
        read = declare()
        assert reasons(await read.read(["work-0"], 5)) == {"work-0": "LeaderSilent"}
        await read.close()

    run(timeline())
