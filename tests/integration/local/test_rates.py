"""Counters of a steady stream advance evenly, at any polling interval."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from threading import Event, Thread

import amqp
import pytest

from mare.broker.brokers import SecretBrokers
from mare.broker.networks import ANY_NETWORK
from mare.custom_resource.autoscaler import read_autoscaler
from mare.domain.unknown import Unknown
from mare.local_run.broker_secrets import StaticSecrets
from mare.private_broker.config import STATISTICS_SECONDS
from tests.unit.operator_loop.worlds import body
from tests.vhost import Vhost

pytestmark = pytest.mark.broker

_UPDATES = 7
_RATE = 50.0
_MEASUREMENTS, _RIGHT = 3, 2
"""Two of three measurements are right: a stall of a busy machine spoils one, a fault most."""
_LATE = 1
"""Late statistics updates that are accepted: a busy machine delays the broker."""


@contextmanager
def stream(vhost: Vhost, queue: str) -> Iterator[None]:
    """Publish at a steady rate until the end of the block."""
    ended = Event()

    def publish() -> None:
        with vhost.connect() as connection:
            channel = connection.channel()
            channel.queue_declare(queue, durable=True, auto_delete=False)
            while not ended.wait(1 / _RATE):
                channel.basic_publish(amqp.Message(b"x"), routing_key=queue)

    thread = Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


async def read_updates(
    vhost: Vhost, queue: str, statistics_seconds: float
) -> list[tuple[float, int]]:
    """Return times and counters of statistics, from the first with messages."""
    uris = {"amqp-uri": vhost.amqp_uri, "management-uri": vhost.node.management_uri}
    brokers = SecretBrokers(
        StaticSecrets({"broker": uris}),
        time.time,
        statistics_seconds=statistics_seconds,
        secret_seconds=60,
        networks=ANY_NETWORK,
    )
    autoscaler = read_autoscaler(body("worker", queues=[{"name": queue}]))
    found: dict[float, int] = {}
    try:
        async with asyncio.timeout(60):
            while len(found) < _UPDATES:
                seen = (await brokers.read([autoscaler]))[autoscaler.key]
                (reading,) = () if isinstance(seen.queues, Unknown) else seen.queues
                if not isinstance(reading.published, Unknown) and reading.published:
                    assert not isinstance(reading.statistics_at, Unknown)
                    found[reading.statistics_at] = reading.published
                await asyncio.sleep(0.05)
    finally:
        await brokers.close()
    return sorted(found.items())


@pytest.mark.parametrize("statistics_seconds", [STATISTICS_SECONDS, 0.3])
def test_counters_advance_with_each_statistics_update(vhost: Vhost, statistics_seconds: float):
    faults = []
    while faults.count("") < _RIGHT and len(faults) < _MEASUREMENTS:
        # Each measurement has a new queue: the first sample of an older one has no exact time.
        queue = f"work-{len(faults)}"
        with stream(vhost, queue):
            faults.append(fault_in(asyncio.run(read_updates(vhost, queue, statistics_seconds))))

    assert faults.count("") == _RIGHT, faults


def fault_in(found: list[tuple[float, int]]) -> str:
    """Describe what is wrong with a measurement; empty if it is right."""
    (first, before), (last, after) = found[0], found[-1]
    rate = (after - before) / (last - first)
    rates = [(more - less) / (end - begin) for (begin, less), (end, more) in pairwise(found)]
    outliers = [each for each in rates if not 0.3 * rate < each < 2 * rate]
    is_good = (
        last - first < 2 * STATISTICS_SECONDS * (len(found) - 1)
        and 0.4 * _RATE < rate <= 1.05 * _RATE
        and all(less < more for (_, less), (_, more) in pairwise(found))
        and len(outliers) <= _LATE
    )
    return "" if is_good else repr((rate, rates))
