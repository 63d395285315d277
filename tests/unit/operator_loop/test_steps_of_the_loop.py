"""No object, whatever its tenant writes, holds the event loop for long.

The calls of each step of the event loop are counted, as time would depend on the machine: 100,000
calls of functions in Python take 20 ms, in a decision on 2,000 queues as in one about places.
"""

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from aiohttp import web

from mare.broker.queue_selection import QueueMatcher, QueueQuery
from mare.broker.queue_statistics import QueueStatistics, Statistics, StatisticsPoller
from mare.cluster import bounded_answers
from mare.cluster.bounded_answers import MAX_LINE_BYTES, MAX_PAGE_BYTES
from mare.cluster.paths import Resource
from mare.cluster.scales import scale_of_item
from mare.custom_resource.autoscaler import Autoscaler, ScaleTarget, read_autoscaler
from mare.domain.observation import QueueReading
from mare.loop.admission import RETRY_SECONDS, Admission
from mare.loop.object_places import ObjectPlaces
from mare.ports import BrokerReading
from mare.tenant_scheduler import TenantScheduler
from tests.fakes.clock import Clock
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_loop.api_servers import served
from tests.unit.operator_loop.worlds import World, body, run

MOST_CALLS = 100_000
NAMES = [f"name-{number}" for number in range(30_000)]
QUEUES = [f"work-{number}" for number in range(2_000)]
NEVER = [
    {"start": f"{minute} 0 */31 * 1#5", "end": "0 0 1 1 *", "timezone": "UTC", "minReplicas": 1}
    for minute in range(16)
]
RARE = [
    {"start": f"{minute} 0 29 2 *", "end": f"{minute} 0 */30 * 5", "minReplicas": 1}
    for minute in range(16)
]


@dataclass
class Steps:
    most: int = 0
    """Calls of functions of Python in the longest step."""
    most_of_all: int = 0
    """The same with those in C."""


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[Steps]:
    found, run_handle = Steps(), asyncio.Handle._run

    def counted(handle: asyncio.Handle) -> None:
        calls = of_all = 0

        def count(_: object, event: str, __: object) -> None:
            nonlocal calls, of_all
            calls += event == "call"
            of_all += event in {"call", "c_call"}

        before = sys.getprofile()
        sys.setprofile(count)
        try:
            run_handle(handle)
        finally:
            sys.setprofile(before)
        found.most = max(found.most, calls)
        found.most_of_all = max(found.most_of_all, of_all)

    monkeypatch.setattr(asyncio.Handle, "_run", counted)
    yield found
    assert 0 < found.most <= MOST_CALLS
    assert found.most_of_all <= 3 * MOST_CALLS


def test_a_step_that_is_too_long_is_noticed(steps: Steps):
    async def hold() -> None:
        for _ in range(MOST_CALLS + 1):
            Steps()
        for _ in range(2 * MOST_CALLS):
            len(())

    virtual_time.run(hold())
    assert steps.most > MOST_CALLS
    assert steps.most_of_all > 3 * MOST_CALLS
    steps.most = steps.most_of_all = 1


@pytest.mark.usefixtures("steps")
@pytest.mark.parametrize("schedules", [NEVER, RARE])
def test_an_object_with_costly_schedules_is_read_and_decided(schedules: list[dict]):
    async def timeline(world: World) -> None:
        for number in range(3):
            world.begin(2, 95, schedules=schedules, generation=number + 1)
            await asyncio.sleep(0)
            await world.tick(61)

    run(timeline)


@pytest.mark.usefixtures("steps")
def test_objects_with_costly_schedules_are_decided_in_short_steps():
    async def timeline(world: World) -> None:
        for number in range(25):
            at = [f"{minute} {number % 24} */29 2 {number // 24}" for minute in range(16)]
            schedules = [
                {"start": each, "end": f"{each},5", "timezone": "UTC", "minReplicas": replicas}
                for replicas, each in enumerate(at, 1)
            ]
            world.begin(2, 95, f"worker-{number}", schedules=schedules)
            assert len(world.loop.autoscalers[-1].spec.schedules) == 16
            await asyncio.sleep(0)
        for _ in range(3):
            await world.tick(61)
        assert world.workloads.done

    run(timeline)


@pytest.mark.usefixtures("steps")
def test_the_statistics_of_the_most_queues_are_compared_off_the_loop():
    class Source:
        count = 0

        async def fetch(self, vhost: str, now: float) -> Statistics:
            self.count += 1
            queue = QueueStatistics(ready=0, published=self.count, delivered=0, acknowledged=0)
            return Statistics(now, dict.fromkeys(NAMES, queue))

        async def close(self) -> None: ...

    async def poll() -> None:
        source = Source()
        poller = StatisticsPoller(source, "/", Clock(0.0), 0.1, TenantScheduler().of("hostile"))
        await poller.start()
        async with asyncio.timeout(60):
            while len(poller.last_two) < 2 or source.count < 3:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert len(poller.names) == len(NAMES)
        await poller.close()

    asyncio.run(poll())


PAGE = [
    {
        "metadata": {"name": f"worker-{number}", "resourceVersion": "7"},
        "spec": {"template": {"env": [{"name": "a", "value": "<" * 100}] * 72}},
    }
    for number in range(90)
]
"""A list of 4 MiB."""
EVENT = {
    "metadata": {"name": "worker", "resourceVersion": "7"},
    "spec": {"template": {"env": [{"name": "a", "value": "<" * 100}] * 1_600}},
}


def test_large_pages_and_events_of_the_api_server_are_decoded_off_the_loop(
    monkeypatch: pytest.MonkeyPatch,
):
    """json decodes 4 MiB in 60 ms, in one call that a count of calls does not show.

    Where it calls a function for each object, other threads run in between.
    """
    listed = {"metadata": {"resourceVersion": "7"}, "items": PAGE}
    page = json.dumps(listed).replace("<", "\\u003c").encode()
    event = json.dumps({"type": "ADDED", "object": EVENT}).replace("<", "\\u003c").encode()
    assert 0.9 * MAX_PAGE_BYTES < len(page) < MAX_PAGE_BYTES
    assert 0.9 * MAX_LINE_BYTES < len(event) < MAX_LINE_BYTES
    decoded_by: list[threading.Thread] = []

    def same(value: dict) -> dict:
        decoded_by.append(threading.current_thread())
        return value

    monkeypatch.setattr(bounded_answers, "_same", same)

    def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=event if "watch" in request.query else page)

    async def read() -> None:
        async with served(answer) as (api, _):
            path = Resource("apps/v1", "deployments").path()
            async for found in api.pages(path):
                assert found["items"] == PAGE
            of_page = len(decoded_by)
            async for _, item in api.changes(path, "7"):
                assert item == EVENT
                break
        assert min(of_page, len(decoded_by) - of_page) > 1_000

    asyncio.run(read())
    assert threading.main_thread() not in decoded_by


def large_reading(world: World) -> BrokerReading:
    now = world.clock()
    queues = tuple(
        QueueReading(
            name=name,
            entries=("work-*",),
            read_at=now,
            ready=5,
            consumers=10,
            statistics_at=now,
            sampled_after=now,
            unacknowledged=3,
            published=number,
            delivered=number,
            acknowledged=number,
        )
        for number, name in enumerate(QUEUES)
    )
    busy = {f"10.0.{number // 256}.{number % 256}": 1 for number in range(2_000)}
    return BrokerReading(queues=queues, busy=busy, busy_at=now)


@pytest.mark.usefixtures("steps")
def test_objects_with_the_most_queues_are_decided_and_their_statuses_written():
    async def timeline(world: World) -> None:
        for name in ("one", "two", "three"):
            world.begin(2, 95, name, queues=[{"pattern": "work-*"}])
        for _ in range(5):
            world.brokers.reading = large_reading(world)
            await asyncio.sleep(0)
            await world.tick()

    assert run(timeline).workloads.done


@pytest.mark.usefixtures("steps")
def test_large_objects_without_room_are_tried_again_in_short_steps():
    """60 of them, each of which displaces 100 others in vain, took 3.9 s in one step."""
    shown = [{"type": "AbleToScale", "reason": "NamespaceBudgetExceeded"}]

    def sized(number: int, units: int = 1) -> Autoscaler:
        found = read_autoscaler(body(f"worker-{number}", created=f"2026-{number:04}"))
        return replace(found, characters=8_192 * (units - 1), status={"conditions": shown})

    large = [sized(2_000 + number, units=161 - number) for number in range(60)]
    small = [sized(number) for number in [*range(1_900), *range(3_000, 3_100)]]

    async def play() -> None:
        scheduler, unused = TenantScheduler(), Any
        places = ObjectPlaces(scheduler, 2_000)
        admission = Admission(unused, unused, places, unused, lambda: True, Clock(0.0), scheduler)
        for autoscaler in [*small[:1_900], *large, *small[1_900:]]:
            await asyncio.sleep(0)
            assert admission.takes(autoscaler) is (autoscaler.characters == 0)
        await asyncio.sleep(RETRY_SECONDS + 1)
        await admission.close()

    virtual_time.run(play())


@pytest.mark.usefixtures("steps")
def test_the_names_of_a_broker_are_matched_in_short_steps(monkeypatch: pytest.MonkeyPatch):
    names = [f"{'a' * 200}-{number}" for number in range(30_000)]
    patterns = tuple(f"*a*b{number}" for number in range(32))
    batches: list[int] = []
    matches = QueueQuery.matches

    def counted(query: QueueQuery, some: list[str], compiled: object) -> dict[str, tuple[str, ...]]:
        batches.append(len(some) * len(query.patterns))
        return {} if len(batches) > 1 else matches(query, some, compiled)

    monkeypatch.setattr(QueueQuery, "matches", counted)

    async def match() -> None:
        tenant = TenantScheduler().of("hostile")
        query = QueueQuery(names=(), patterns=patterns, service=None)
        await QueueMatcher(Clock(0.0)).select(query, names, frozenset(), tenant)

    virtual_time.run(match())
    assert max(batches) <= 256  # of 50 µs for the slowest pattern
    assert sum(batches) == len(names) * len(patterns)


@pytest.mark.usefixtures("steps")
def test_a_workload_with_the_longest_selector_is_read():
    rules = [{"key": f"key-{n}", "operator": "In", "values": ["v"] * 100} for n in range(1_000)]
    metadata = {"namespace": "shop", "name": "worker", "resourceVersion": "1"}
    spec = {"selector": {"matchExpressions": rules}}
    item = {"metadata": metadata, "spec": spec, "status": None}

    async def read() -> None:
        scale_of_item(item, ScaleTarget("shop", "apps/v1", "Deployment", "worker"))
        read_autoscaler(body(queues=[{"pattern": f"*{n}*"} for n in range(64)]))

    virtual_time.run(read())
