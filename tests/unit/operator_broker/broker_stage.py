"""Brokers on virtual time, with a fake connection and fake statistics."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import aiormq
import pytest

from mare.broker import virtual_host
from mare.broker.brokers import SecretBrokers
from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.networks import ANY_NETWORK
from mare.broker.queue_statistics import QueueStatistics, Statistics
from mare.custom_resource.autoscaler import Autoscaler, Key, read_autoscaler
from mare.local_run.broker_secrets import encoded
from mare.ports import BrokerReading, NotFound
from tests.fakes.declarations import Broker
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_loop.worlds import body

EVENTS = "evt-cart-paid--shop.on_paid"
AMQP = {"amqp-uri": "amqp://rabbitmq/"}
MANAGEMENT = {"management-uri": "http://rabbitmq:15672"}
PATTERN = {"queues": [{"pattern": "w*"}]}
PROMETHEUS = {"prometheus-uri": "http://rabbitmq:15692"}


def sampled(ready: int = 0, consumers: int = 0, **fields: Any) -> QueueStatistics:
    return QueueStatistics(ready=ready, consumers=consumers, unacknowledged=0, **fields)


@dataclass
class Stage:
    """One broker, one Secret, and objects in as many namespaces as they are given."""

    secret: dict[str, str]
    broker: Broker = field(default_factory=Broker)
    statistics: dict[str, QueueStatistics] = field(default_factory=dict)
    """By the name of a queue in any virtual host."""
    statistics_hang: bool = False

    def __post_init__(self) -> None:
        self.brokers = SecretBrokers(
            self, virtual_time.now, statistics_seconds=5, secret_seconds=60, networks=ANY_NETWORK
        )

    async def read(self, namespace: str, name: str) -> dict[str, str]:
        if not self.secret:
            raise NotFound(name)
        return encoded(self.secret)

    async def fetch(self, vhost: str, now: float) -> Statistics:
        if self.statistics_hang:
            await asyncio.sleep(10**9)
        return Statistics(now, dict(self.statistics))

    async def close(self) -> None:
        """Nothing is open."""

    async def reading(self, autoscaler: Autoscaler) -> BrokerReading:
        return (await self.brokers.read([autoscaler]))[autoscaler.key]

    async def new_statistics(self, **statistics: QueueStatistics) -> None:
        """Wait until these statistics have been polled."""
        self.statistics = {**statistics}
        await asyncio.sleep(5)


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def run(timeline: Callable[[Stage], Awaitable[None]], **secret: str) -> None:
        async def closing() -> None:
            stage = Stage({key.replace("_", "-"): uri for key, uri in secret.items()})
            monkeypatch.setattr(aiormq, "Connection", stage.broker.connection)
            monkeypatch.setattr(
                virtual_host, "_source", lambda p: stage if _has_statistics(p) else None
            )
            await timeline(stage)
            await stage.brokers.close()
            assert stage.broker.open == 0

        virtual_time.run(closing())

    return run


def _has_statistics(parameters: ConnectionParameters) -> bool:
    return bool(parameters.management_uri or parameters.prometheus_uri)


def autoscaler(namespace: str = "shop", **spec: Any) -> Autoscaler:
    found = read_autoscaler(body(**spec))
    key = Key(namespace, found.key.name)
    return replace(found, key=key, broker=replace(found.broker, namespace=namespace))
