"""Busy processes are found from the broker and the kernel, and idle processes stop first."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import amqp
import pytest

from mare.broker.brokers import SecretBrokers
from mare.broker.networks import ANY_NETWORK
from mare.custom_resource.autoscaler import Autoscaler, read_autoscaler
from mare.local_run.broker_secrets import StaticSecrets
from mare.local_run.connection_owners import ConnectionOwners
from mare.local_run.program import Program
from mare.local_run.workloads import ProcessWorkloads
from mare.ports import Conflict, NotFound, Removal, Scale
from tests.integration.local.test_processes import Record
from tests.unit.operator_loop.worlds import body
from tests.vhost import Vhost

pytestmark = pytest.mark.broker


def program(vhost: Vhost, replicas: int) -> Program:
    return Program(
        name="worker",
        arguments=(sys.executable, "worker.py"),
        environment={**os.environ, "AMQP_URI": vhost.amqp_uri, "QUEUE": "work"},
        folder=Path(__file__).parent,
        probe=None,
        stop_seconds=0.5,
        replicas=replicas,
    )


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - another process changes it
            await asyncio.sleep(0.1)


def publish(vhost: Vhost, end: Path) -> None:
    """Publish a message that is done when the file `end` exists."""
    with vhost.connect() as connection:
        connection.channel().basic_publish(amqp.Message(str(end)), routing_key="work")


def consumers(vhost: Vhost) -> int:
    return vhost.depth("work").consumers if "work" in vhost.queues() else 0


def autoscaler() -> Autoscaler:
    return read_autoscaler(body("worker", queues=[{"name": "work"}]))


def test_a_busy_process_stays_although_it_is_the_newest(vhost: Vhost, tmp_path: Path) -> None:
    async def scenario() -> list[str]:
        workloads = ProcessWorkloads([program(vhost, 1)], Record())
        uris = {"amqp-uri": vhost.amqp_uri, "management-uri": vhost.node.management_uri}
        brokers = SecretBrokers(
            StaticSecrets({"broker": uris}),
            time.time,
            statistics_seconds=0.5,
            secret_seconds=60,
            networks=ANY_NETWORK,
            replica_at=ConnectionOwners(workloads.sessions).process_at,
        )
        target = autoscaler().target
        workloads.start()
        await until(lambda: consumers(vhost) == 1)
        await scale(workloads, 2)
        await until(lambda: consumers(vhost) == 2)
        publish(vhost, tmp_path / "end")  # delivered to the first process
        await until(lambda: vhost.depth("work").ready == 0)
        publish(vhost, tmp_path / "never")
        await until(lambda: vhost.depth("work").ready == 0)
        (tmp_path / "end").touch()
        async with asyncio.timeout(60):
            while True:
                seen = (await brokers.read([autoscaler()]))[autoscaler().key]
                if seen.busy == {"worker-1": 0, "worker-2": 1}:
                    break
                await asyncio.sleep(0.2)
        scale_seen = workloads.get(target)
        assert isinstance(scale_seen, Scale)
        removal = Removal(costs=seen.busy, count=1)
        await workloads.mark_victims(target, scale_seen, removal, lambda: True)
        await scale(workloads, 1)
        left = [each.name for each in workloads.group("worker").replicas.values()]
        await brokers.close()
        await workloads.stop("worker")
        return left

    async def scale(workloads: ProcessWorkloads, replicas: int) -> None:
        seen = workloads.get(autoscaler().target)
        assert isinstance(seen, Scale)
        await workloads.scale(autoscaler().target, seen, replicas)

    assert asyncio.run(scenario()) == ["worker-2"]


def test_scaling_from_an_outdated_read_is_a_conflict(vhost: Vhost) -> None:
    async def scenario() -> None:
        workloads = ProcessWorkloads([program(vhost, 0)], Record())
        target = autoscaler().target
        seen = workloads.get(target)
        assert isinstance(seen, Scale)
        await workloads.scale(target, seen, 0)
        with pytest.raises(Conflict):
            await workloads.scale(target, seen, 1)
        assert not workloads.group("worker").replicas

    asyncio.run(scenario())


def test_an_unknown_command_is_not_found(vhost: Vhost) -> None:
    async def scenario() -> None:
        workloads = ProcessWorkloads([program(vhost, 0)], Record())
        seen = workloads.get(autoscaler().target)
        other = read_autoscaler(body("other")).target
        assert not isinstance(workloads.get(other), Scale)
        assert isinstance(seen, Scale)
        with pytest.raises(NotFound):
            await workloads.scale(other, seen, 1)

    asyncio.run(scenario())


def test_the_address_of_another_machine_is_returned_as_it_is() -> None:
    assert (
        ConnectionOwners(lambda: {os.getpid(): "me"}).process_at("192.0.2.7:5000")
        == "192.0.2.7:5000"
    )
