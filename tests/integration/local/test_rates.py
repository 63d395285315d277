"""A counter is that of the time which its reading names, at any polling interval."""

import asyncio
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from statistics import median
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


@contextmanager
def stream(vhost: Vhost, queue: str) -> Iterator[tuple[list[float], list[float]]]:
    """Publish until the end of the block; yield when messages were sent, and when confirmed."""
    ended = Event()
    sent: list[float] = []
    confirmed: list[float] = []

    def publish() -> None:
        with vhost.connect() as connection:
            channel = connection.channel()
            channel.queue_declare(queue, durable=True, auto_delete=False)
            while not ended.wait(1 / _RATE):
                sent.append(time.time())
                channel.basic_publish_confirm(amqp.Message(b"x"), routing_key=queue)
                confirmed.append(time.time())

    thread = Thread(target=publish)
    thread.start()
    try:
        yield sent, confirmed
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


# A client that polls as often as the broker samples sees a sample up to an interval late: 1 s, and
# 0.1 s of jitter. The median counts, since a busy machine delays single samples of the broker.
@pytest.mark.parametrize(
    ("statistics_seconds", "wrong_at_most"), [(STATISTICS_SECONDS, 1.1), (0.3, 0.9)]
)
def test_a_counter_is_the_number_of_messages_at_its_time(
    vhost: Vhost, statistics_seconds: float, wrong_at_most: float
):
    with stream(vhost, "work") as (sent, confirmed):
        found = asyncio.run(read_updates(vhost, "work", statistics_seconds))

    assert all(less < more for (_, less), (_, more) in pairwise(found))
    errors = [_seconds_wrong(at, counter, sent, confirmed) for at, counter in found]
    assert median(errors) <= wrong_at_most, errors


def _seconds_wrong(at: float, counter: int, sent: list[float], confirmed: list[float]) -> float:
    """Return how long before `at` the next message was confirmed, or after it the last was sent."""
    after = confirmed[counter] if counter < len(confirmed) else math.inf
    return max(at - after, sent[counter - 1] - at, 0.0)
