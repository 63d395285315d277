"""A passive declare of a queue that is missing closes its channel, and no other."""

import asyncio

import pytest

from mare.broker.connection_parameters import ConnectionParameters
from mare.broker.declare_answers import Depth, not_found
from mare.broker.networks import ANY_NETWORK
from mare.broker.passive_declare import PassiveDeclare
from tests.vhost import Vhost

pytestmark = pytest.mark.broker


def test_200_missing_queues_do_not_close_the_connection(vhost: Vhost):
    """aiormq left channels open whose end RabbitMQ waited for, and then opened them again."""
    there = [f"work-{number}" for number in range(40)]
    missing = [f"gone-{number}" for number in range(200)]
    with vhost.connect() as connection:
        channel = connection.channel()
        for name in there:
            channel.queue_declare(name, durable=True, auto_delete=False)

    async def read() -> None:
        uri, name = vhost.amqp_uri, vhost.name
        parameters = ConnectionParameters(amqp_uri=uri, vhost=name, networks=ANY_NETWORK)
        declare = PassiveDeclare(parameters)
        try:
            for _ in range(20):
                answers = await declare.read([*there, *missing], 10)
                expected = {name: not_found(name) for name in missing}
                assert answers == dict.fromkeys(there, Depth(0, 0)) | expected
        finally:
            await declare.close()

    asyncio.run(read())
