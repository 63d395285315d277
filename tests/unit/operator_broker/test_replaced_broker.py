"""A broker that is replaced behind its address, as the whole loop sees it."""

import asyncio
import itertools
from collections.abc import Callable

import pytest

from mare.broker.queue_statistics import QueueStatistics, Statistics
from mare.loop.loop import Loop
from mare.loop.metrics import Metrics
from mare.loop.pace import Pace
from mare.loop.record import Record
from mare.ports import SoleReplica
from tests.fakes.declarations import Found
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_broker.broker_stage import AMQP, MANAGEMENT, Stage, autoscaler
from tests.unit.operator_loop.fakes import FakeConflicts, FakeObjects, FakeWorkloads

TARGET = {
    "type": "QueueWaitTime",
    "waitSeconds": 2,
    "capacityPerReplica": 5,
    "workersPerReplica": 5,
}
ARRIVALS = 20
HELD = 4
SECRET = {key.replace("-", "_"): uri for key, uri in {**AMQP, **MANAGEMENT}.items()}


class Operator:
    """A loop that scales `work` by a stage's broker, whose cluster depends on the time."""

    def __init__(self, stage: Stage, cluster_at: Callable[[float], str]) -> None:
        self.stage, self.cluster_at = stage, cluster_at
        self.workloads, self.objects, self.record = FakeWorkloads(), FakeObjects(), Record()
        stage.fetch = self.fetch
        stage.broker.queues["worker"] = Found(0, 1)
        self.workloads.have("worker", 9)
        self.loop = Loop(
            brokers=stage.brokers,
            workloads=self.workloads,
            objects=self.objects,
            conflicts=FakeConflicts(),
            leadership=SoleReplica(),
            clock=virtual_time.now,
            record=self.record,
            metrics=Metrics(self.record),
            pace=Pace(shortest=1.0),
        )
        self.loop.put(autoscaler(minReplicas=1, target=TARGET))

    async def fetch(self, vhost: str, now: float) -> Statistics:
        """Both clusters have the same load; the second one has counted for longer."""
        cluster = self.cluster_at(now)
        published = int(ARRIVALS * now) + 10_000_000 * (cluster != "first")
        queue = QueueStatistics(
            ready=0,
            consumers=30,
            unacknowledged=HELD,
            prefetch=1.0,
            published=published,
            delivered=published,
            acknowledged=published - HELD,
            peers={},
        )
        return Statistics(now, {"worker": queue}, cluster=cluster)

    async def run(self, seconds: float) -> None:
        task = asyncio.create_task(self.loop.run())
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.wait([task])

    @property
    def arrival_rate(self) -> object:
        (history,) = self.record.histories.values()
        return history.view.estimates.arrival_rate

    @property
    def counts(self) -> list[int]:
        return [count for _, count in self.workloads.done]

    @property
    def causes(self) -> set[str]:
        """The messages of MetricsFresh in all statuses."""
        return {
            each["message"]
            for _, status in self.objects.statuses
            for each in status.get("conditions", ())
            if each["type"] == "MetricsFresh"
        }


def test_a_replaced_broker_changes_no_count_and_is_followed_again(play: Callable[..., None]):
    async def timeline(stage: Stage) -> None:
        operator = Operator(stage, lambda now: "first" if now < 300 else "second")
        await operator.run(295)
        settled = operator.counts
        assert settled[-1] <= 6
        for _ in range(30):
            await operator.run(4)
            assert operator.arrival_rate == pytest.approx(ARRIVALS, rel=0.1)
        assert operator.counts == settled
        assert any("another RabbitMQ cluster answers" in each for each in operator.causes)
        assert operator.objects.condition("MetricsFresh") == ("True", "Fresh")

    play(timeline, **SECRET)


def test_an_address_that_leads_to_two_clusters_in_turn_blocks_scale_down(
    play: Callable[..., None],
):
    async def timeline(stage: Stage) -> None:
        clusters = itertools.cycle(["first", "second"])
        operator = Operator(stage, lambda _: next(clusters))
        await operator.run(600)
        assert operator.counts == []
        assert operator.objects.condition("MetricsFresh") == ("True", "PartlyFresh")
        assert any("another RabbitMQ cluster answers" in each for each in operator.causes)
        stage.broker.queues["worker"] = Found(500, 1)
        await operator.run(60)
        assert operator.counts[-1] > 9

    play(timeline, **SECRET)
