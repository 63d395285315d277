"""Queues that do not answer: few channels for them, and answers of all others."""

import asyncio
import math
from contextlib import suppress

import pytest

from mare.broker.declare_answers import Depth, silent
from tests.fakes.declarations import Broker, Channel, Found
from tests.unit.operator_broker.declaring import ONE, all_declared, declare
from tests.unit.operator_broker.virtual_time import run


def test_a_queue_that_never_answers_has_one_channel_however_often_it_is_read(broker: Broker):
    """Each read of it would hold another one of 128 channels, until none is left for the others."""

    async def timeline() -> None:
        stuck = [f"stuck-{number}" for number in range(10)]
        broker.stuck.update(stuck)
        read = declare()
        for _ in range(40):
            answers = await read.read(["work-0", "work-1", *stuck], 0.5)
            known = {"work-0": Depth(1, 1), "work-1": Depth(1, 1)}
            assert answers == known | {name: silent(name) for name in stuck}
        assert len(broker.declared) == 40 * 2 + 10
        assert len(broker.connections[0].channels) <= 12
        broker.stuck.clear()
        broker.queues |= dict.fromkeys(stuck, ONE)
        await asyncio.sleep(60)  # the answers come
        assert set((await read.read(stuck, 0.5)).values()) == {Depth(1, 1)}
        broker.stuck.update(stuck)
        await read.read([*stuck, "work-0"], 0.5)
        broker.restart()
        broker.stuck.clear()
        await all_declared()
        assert set((await read.read(stuck, 0.5)).values()) == {Depth(1, 1)}
        await read.close()

    run(timeline())


def test_a_queue_is_read_again_after_a_channel_for_it_was_never_opened(broker: Broker):
    async def timeline() -> None:
        read = declare()
        await read.read(["work-0"], 5)
        broker.opens_channels = False
        answers = await read.read(["work-0", "work-1"], 0.5)
        assert set(answers.values()) in ({Depth(1, 1), silent(name)} for name in answers)
        broker.restart()
        broker.opens_channels = True
        await all_declared()
        assert set((await read.read(["work-0", "work-1"], 5)).values()) == {Depth(1, 1)}
        await read.close()

    run(timeline())


def test_reads_of_a_busy_broker_that_end_early_share_129_channels(broker: Broker):
    """Each left channels behind, and after 256 the connection of all reads was closed."""

    async def timeline() -> None:
        read = declare()
        for _ in range(20):
            broker.busy_seconds = 1.0
            await asyncio.gather(*(read.read(broker.queues, 2.5) for _ in range(10)))
            broker.busy_seconds = 0.0
            await asyncio.sleep(1.0)  # the late answers come
            assert await read.read(["work-0"], 5) == {"work-0": Depth(1, 1)}
        assert (len(broker.connections), broker.open) == (1, 1)
        assert len(broker.connections[0].channels) == 129
        await read.close()

    run(timeline())


@pytest.mark.parametrize("reads_others", [False, True])
def test_200_queues_of_a_stopped_node_do_not_hide_the_others(broker: Broker, *, reads_others: bool):
    """All 32 requests of a read waited for them, and after four reads all 128 of the connection."""

    async def timeline() -> None:
        stuck = {f"stuck-{number}" for number in range(200)}
        broker.stuck |= stuck
        names = [*stuck, *broker.queues]
        read = declare()
        loop = asyncio.get_running_loop()

        async def read_others() -> None:
            while reads_others:
                await read.read(["work-0"], 5)
                await asyncio.sleep(0.1)

        others = asyncio.create_task(read_others())
        begun = loop.time()
        answers = await read.read(names, 8.0)
        known = dict.fromkeys(broker.queues, Depth(1, 1))
        assert answers == known | {name: silent(name) for name in stuck}
        assert loop.time() - begun <= 6.0
        for _ in range(10):
            begun = loop.time()
            assert await read.read(names, 8.0) == answers
            assert loop.time() - begun < 0.1
        assert len(broker.connections[0].channels) < 256
        broker.queues |= dict.fromkeys(stuck, ONE)
        broker.stuck.clear()
        await asyncio.sleep(60)  # their answers come
        assert set((await read.read(names, 8.0)).values()) == {Depth(1, 1)}
        open_channels = [e for e in broker.connections[0].channels.values() if not e.is_closed]
        assert len(open_channels) == 129
        assert len(broker.connections) == 1
        others.cancel()
        await read.close()

    run(timeline())


def test_more_silent_queues_than_channels_hide_others_only_while_they_are_silent(broker: Broker):
    async def timeline() -> None:
        stuck = {f"stuck-{number}" for number in range(2_000)}
        broker.stuck |= stuck
        read = declare()
        for _ in range(20):
            with suppress(OSError):
                await read.read([*stuck, "work-0"], 8.0)
        assert max(len(each.channels) for each in broker.connections) <= 128 + 384 + 1
        broker.stuck.clear()
        broker.queues |= dict.fromkeys(stuck, ONE)
        await asyncio.sleep(60)
        assert set((await read.read([*stuck, "work-0"], 8.0)).values()) == {Depth(1, 1)}
        await read.close()

    run(timeline())


def test_more_silent_queues_than_channels_are_silent_and_no_failure_of_the_broker(broker: Broker):
    """All queues of the virtual host had an unreachable broker, for 2 s of each 19 s."""

    async def timeline() -> None:
        stuck = [f"stuck-{number}" for number in range(600)]
        broker.stuck |= set(stuck)
        broker.stuck_seconds = 10**6
        read, known = declare(), 0
        for _ in range(60):
            answers = await read.read(["work-0", *stuck], 4.0)
            known += answers.pop("work-0", None) == Depth(1, 1)
            assert {each.reason for each in answers.values()} == {"LeaderSilent"}
            await asyncio.sleep(0.5)
        assert known >= 20
        assert broker.open <= 1
        await read.close()

    run(timeline())


@pytest.mark.parametrize("lost", ["a queue", "a queue of two reads", "no queue"])
def test_a_connection_that_loses_a_request_is_replaced(broker: Broker, lost: str, monkeypatch):
    """Its channel was held for ever; without its probe no queue was set aside any more."""
    requests = 0

    async def answer_or_lose(channel: Channel) -> None:
        nonlocal requests
        requests += 1
        if requests == (2 if lost == "a queue of two reads" else 1):
            await channel.connection.until(asyncio.get_running_loop().create_future())
        await asyncio.sleep(1)

    async def queue_declare(channel: Channel, name: str, *, passive: bool) -> Found:
        if name == "lost":
            await answer_or_lose(channel)
        return ONE

    async def basic_qos(channel: Channel, *, prefetch_count: int) -> None:
        if lost == "no queue":
            await answer_or_lose(channel)

    async def timeline() -> None:
        read = declare()
        monkeypatch.setattr(Channel, "queue_declare", queue_declare)
        monkeypatch.setattr(Channel, "basic_qos", basic_qos)
        if lost == "no queue":
            channels = await read._connected()
            assert not await channels.is_answered_within(0.5)
        else:
            reads = [read.read(["lost"], 1.5) for _ in range(2)]
            await asyncio.gather(*reads, return_exceptions=True)
        await asyncio.sleep(80)
        assert await read.read(["work-0"], 2) == {"work-0": ONE}
        assert (len(broker.connections), broker.open) == (2, 1)
        await read.close()

    run(timeline())


def test_a_broker_that_allows_few_channels_gets_no_more(broker: Broker):
    """aiormq opens another one, for which RabbitMQ closes the connection."""
    broker.channel_max = 10

    async def timeline() -> None:
        read = declare()
        stuck = ["stuck-0", "stuck-1"]
        broker.stuck.update(stuck)
        for _ in range(3):
            answers = await read.read([*stuck, *broker.queues], 8.0)
            assert set(map(answers.get, broker.queues)) == {Depth(1, 1)}
        assert len(broker.connections) == 1
        assert len(broker.connections[0].channels) <= 10
        await read.close()

    run(timeline())


def test_a_queue_that_is_read_by_reads_that_are_cancelled_has_few_channels(broker: Broker):
    async def timeline() -> None:
        broker.stuck.add("stuck")
        read = declare()
        for _ in range(5):
            with suppress(TimeoutError):
                await asyncio.wait_for(read.read(["stuck", "work-0"], 5), 0.4)
        assert broker.declared.count("stuck") <= 2
        await read.close()

    run(timeline())


def test_a_read_that_is_closed_fails_and_is_not_cancelled(broker: Broker):
    async def timeline() -> None:
        broker.stuck |= {f"stuck-{number}" for number in range(200)}
        read = declare()
        reading = [asyncio.create_task(read.read(broker.stuck, 5)) for _ in range(6)]
        await all_declared()
        await read.close()
        for each in await asyncio.gather(*reading, return_exceptions=True):
            assert isinstance(each, OSError)

    run(timeline())


def test_a_request_that_is_lost_is_sent_again(broker: Broker):
    """A queue was unknown for ever after the broker had dropped one request."""

    async def timeline() -> None:
        broker.stuck_seconds = math.inf
        broker.stuck.add("work-0")
        read = declare()
        assert (await read.read(["work-0", "work-1"], 5))["work-0"] == silent("work-0")
        broker.stuck.clear()
        await asyncio.sleep(70)
        assert (await read.read(["work-0", "work-1"], 5))["work-0"] == silent("work-0")
        await asyncio.sleep(10)
        assert await read.read(["work-0"], 5) == {"work-0": Depth(1, 1)}
        assert (len(broker.connections), broker.open) == (2, 1)
        await read.close()

    run(timeline())


def test_concurrent_reads_of_one_silent_queue_share_a_request(broker: Broker):
    """20 readers of ten such queues took all channels within seconds."""

    async def timeline() -> None:
        broker.stuck.add("stuck")
        read = declare()

        async def read_later(delay: float) -> None:
            await asyncio.sleep(delay)
            answers = await read.read(["stuck", "work-0"], 2)
            assert answers == {"stuck": silent("stuck"), "work-0": Depth(1, 1)}

        await asyncio.gather(*(read_later(0.25 * number) for number in range(20)))
        assert broker.declared.count("stuck") == 2
        await read.close()

    run(timeline())


def test_a_pause_of_the_event_loop_does_not_close_the_connection(broker: Broker):
    """The time of the read was over before the answers, which were there, had been read."""

    async def timeline() -> None:
        read = declare()
        broker.busy_seconds = 2.05
        assert await read.read(["work-0"], 2) == {"work-0": Depth(1, 1)}
        assert len(broker.connections) == 1
        await read.close()

    run(timeline())
