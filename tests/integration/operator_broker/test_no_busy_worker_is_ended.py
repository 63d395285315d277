"""No worker of a real RabbitMQ is ended with a message that no statistics contain yet."""

import asyncio
import time
from collections.abc import Callable

import amqp
import pytest

from mare.broker.brokers import SecretBrokers
from mare.broker.networks import ANY_NETWORK
from mare.clock import SteadyClock
from mare.custom_resource.autoscaler import Autoscaler, read_autoscaler
from mare.domain.evidence import MESSAGES_LEFT
from mare.domain.unknown import Unknown
from mare.loop.loop import Loop
from mare.loop.metrics import Metrics
from mare.loop.pace import Pace
from mare.loop.record import Record
from mare.ports import SoleReplica
from tests.integration.operator_broker.test_sources import OneSecret
from tests.unit.operator_loop.fakes import FakeConflicts, FakeObjects, FakeWorkloads
from tests.unit.operator_loop.worlds import AT_ONCE, body
from tests.vhost import Vhost

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]
PATIENCE = 200.0


class Worker:
    """A consumer on the queue of its kind, which holds each message until `finish`."""

    def __init__(self, vhost: Vhost, kind: str) -> None:
        self.vhost, self.queue = vhost, kind
        self.connection = vhost.connect()
        self.channel = self.connection.channel()
        arguments = {"x-queue-type": kind}
        self.channel.queue_declare(kind, durable=True, auto_delete=False, arguments=arguments)
        self.held: list[amqp.Message] = []
        self.channel.basic_consume(kind, callback=self.held.append)

    def take(self) -> None:
        """Publish a message, and receive it at once."""
        self.vhost.publish("x", routing_key=self.queue)
        while not self.held:
            self.connection.drain_events(timeout=60)

    def finish(self) -> None:
        self.channel.basic_ack(self.held.pop().delivery_tag)


class LastMomentBrokers(SecretBrokers):
    """Lets the worker take a message when the statistics have allowed the scale-down to 0."""

    worker: Worker
    answers: list[Unknown | None]

    async def check_quiet(self, autoscaler: Autoscaler) -> Unknown | None:
        if not self.answers:
            await asyncio.to_thread(self.worker.take)
        self.answers.append(await super().check_quiet(autoscaler))
        return self.answers[-1]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - other code sets no event
            await asyncio.sleep(0.05)


def test_a_message_taken_after_the_last_statistics_keeps_its_worker(vhost: Vhost):
    async def timeline(kind: str) -> None:
        worker = Worker(vhost, kind)
        secret = OneSecret(amqp_uri=vhost.amqp_uri, management_uri=vhost.node.management_uri)
        brokers = LastMomentBrokers(
            secret, time.time, statistics_seconds=1, secret_seconds=60, networks=ANY_NETWORK
        )
        brokers.worker, brokers.answers = worker, []
        workloads, record = FakeWorkloads(), Record()
        workloads.have(kind, 1)
        loop = Loop(
            brokers=brokers,
            workloads=workloads,
            objects=FakeObjects(),
            conflicts=FakeConflicts(),
            leadership=SoleReplica(),
            clock=SteadyClock(),
            record=record,
            metrics=Metrics(record),
            pace=Pace(),
        )
        loop.put(
            read_autoscaler(
                body(kind, brokerRef={"secretName": "b", "vhost": vhost.name}, **AT_ONCE)
            )
        )
        running = asyncio.create_task(loop.run())
        try:
            await until(lambda: brokers.answers)
            assert brokers.answers[0] is not None
            if kind == "classic":
                await until(
                    lambda: MESSAGES_LEFT in [each and each.reason for each in brokers.answers]
                )
            taken_at = time.time()
            await until(lambda: time.time() > taken_at + 8)
            assert workloads.done == []
            assert None not in brokers.answers
            worker.finish()
            await until(lambda: workloads.done)
            assert workloads.done == [(kind, 0)]
            assert brokers.answers[-1] is None
        finally:
            running.cancel()
            await asyncio.wait([running])
            await brokers.close()
            worker.connection.close()

    async def timelines() -> None:
        await asyncio.gather(timeline("classic"), timeline("quorum"))

    asyncio.run(timelines())
