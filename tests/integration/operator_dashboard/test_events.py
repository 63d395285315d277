"""Server-Sent Events over real sockets: changes, limits, and the end."""

import asyncio
import time
from contextlib import closing

import pytest

from mare.custom_resource.autoscaler import Key
from mare.dashboard import Limits
from tests.integration.operator_dashboard.visiting import have, visit


async def two(visitor):
    have(visitor.world, "busy", ready=95, replicas=10)
    have(visitor.world, "calm", ready=0, replicas=0)
    await visitor.world.tick()


def test_a_full_state_is_followed_by_changes():
    async def timeline(visitor):
        await two(visitor)
        async with visitor.events() as events:
            first = await events.next()
            assert first.kind == "state"
            assert {each["name"] for each in first.data["objects"]} == {"busy", "calm"}
            visitor.world.brokers.ready["busy"] = 88
            await visitor.world.tick()
            second = await events.next()
            while not second.data["changed"]:  # the first message can precede the change
                second = await events.next()
            assert second.kind == "changes"
            assert [each["name"] for each in second.data["changed"]] == ["busy"]
            assert second.data["operator"]["tickedAt"] == round(visitor.world.clock.now, 3)

    visit(timeline)


def test_at_most_one_message_a_second_is_sent():
    async def timeline(visitor):
        await two(visitor)
        times = []

        async def read(events):
            while True:
                await events.next()
                times.append(time.monotonic())

        begun = time.monotonic()
        async with visitor.events() as events:
            reading = asyncio.create_task(read(events))
            while len(times) < 4:
                visitor.world.brokers.ready["busy"] += 1
                await visitor.world.tick(1.0)
                await asyncio.sleep(0.1)
            reading.cancel()
        assert times[-1] - begun >= 0.9 * (len(times) - 1)

    visit(timeline)


def test_a_deleted_object_is_removed():
    async def timeline(visitor):
        await two(visitor)
        async with visitor.events() as events:
            await events.next()
            visitor.world.loop.remove(Key("shop", "calm"), "uid-calm")
            await visitor.world.tick(2)
            event = await events.next()
            while not event.data["removed"]:
                event = await events.next()
        assert event.data["removed"] == [{"namespace": "shop", "name": "calm"}]

    visit(timeline)


def test_one_object_can_be_streamed_until_it_is_deleted():
    async def timeline(visitor):
        await two(visitor)
        async with visitor.events("?namespace=shop&name=busy") as events:
            event = await events.next()
            assert (event.kind, event.data["name"]) == ("object", "busy")
            assert event.data["trace"]
            visitor.world.loop.remove(Key("shop", "busy"), "uid-busy")
            await visitor.world.tick(2)
            while event.kind == "object":
                event = await events.next()
            assert (event.kind, event.data) == ("gone", {"namespace": "shop", "name": "busy"})
            with pytest.raises(EOFError):
                await events.next()
        assert (await visitor.get("/api/events?namespace=shop&name=busy"))[0] == 404

    visit(timeline)


def test_a_comment_is_sent_after_a_time_without_messages():
    async def timeline(visitor):
        await two(visitor)
        async with visitor.events() as events:
            await events.next()
            assert (await events.next()).comment == "alive"

    visit(timeline, limits=Limits(heartbeat_seconds=1.5))


def test_streams_are_limited_and_released():
    async def timeline(visitor):
        await two(visitor)
        async with visitor.events() as events:
            await events.next()
            status, body = await visitor.get("/api/events")
            assert (status, body["error"]["code"]) == (503, "TooManyStreams")
            assert (await visitor.state())["objects"]
        async with asyncio.timeout(60):  # a closed connection is found by the next send
            while True:
                await visitor.world.tick(2)
                async with visitor.session.get("/api/events") as answer:
                    if answer.status == 200:
                        break
                await asyncio.sleep(0.05)

    visit(timeline, limits=Limits(streams=1))


def test_a_visitor_that_reads_nothing_is_disconnected_and_delays_no_other():
    async def timeline(visitor):
        for number in range(400):
            have(visitor.world, f"object-{number}", ready=95, replicas=10)
        await visitor.world.tick()
        await visitor.world.tick()
        reader, writer = await asyncio.open_connection("127.0.0.1", visitor.port, limit=1)
        with closing(writer):
            writer.write(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await writer.drain()
            async with visitor.events() as events, asyncio.timeout(100):
                await events.next()
                while True:
                    for name in visitor.world.brokers.ready:
                        visitor.world.brokers.ready[name] ^= 1
                    changed: set[str] = set()
                    while len(changed) < 400:  # a message can come in the middle of a round
                        await visitor.world.tick(1)
                        changed |= {each["name"] for each in (await events.next()).data["changed"]}
                    status, _ = await visitor.get("/api/events?namespace=shop&name=none")
                    async with visitor.session.get("/api/events") as answer:
                        if answer.status == 200:
                            break  # the stream of the slow visitor is free again
        assert status == 404
        del reader

    visit(timeline, limits=Limits(streams=2, send_timeout_seconds=8.0))


def test_a_standby_replica_names_the_leader():
    async def timeline(visitor):
        await two(visitor)
        async with visitor.events() as events:
            await events.next()
            visitor.world.leads = False
            event = await events.next()
            assert event.kind == "standby"
            assert event.data["error"]["leader"] == "mare-2"
            with pytest.raises(EOFError):
                await events.next()
        for path in ("state", "events", "objects/shop/busy", "objects/shop/busy/chart"):
            status, body = await visitor.get(f"/api/{path}")
            assert (status, body["error"]["code"]) == (503, "Standby")
            assert body["error"]["leader"] == "mare-2"
        async with visitor.session.get("/") as answer:
            assert answer.status == 200

    visit(timeline)
