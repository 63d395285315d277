"""Passive declares against a broker in memory."""

import asyncio

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.passive_declare import PassiveDeclare
from tests.fakes.declarations import Found

ONE = Found(1, 1)


def declare() -> PassiveDeclare:
    return PassiveDeclare(ConnectionParameters(amqp_uri="amqp://rabbitmq/"))


async def all_declared() -> None:
    for _ in range(100):
        await asyncio.sleep(0)
