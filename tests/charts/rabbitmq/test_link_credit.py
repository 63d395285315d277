"""A publisher of AMQP 1.0 has no more messages in flight than one of AMQP 0-9-1."""

import pytest

from tests.charts.rabbitmq.amqp_sender import first_credit
from tests.charts.rabbitmq.broker import Broker

IN_FLIGHT = 16
"""The credit of credit_flow_default_credit, for channels of AMQP 0-9-1."""


@pytest.mark.parametrize("kind", ["quorum", "classic"])
def test_a_link_gets_the_credit_of_a_channel(broker: Broker, kind: str):
    password = broker.passwords["admin-password"]
    with broker.connect("admin", password) as connection:
        arguments = {"x-queue-type": kind}
        connection.channel().queue_declare(
            "work", durable=True, auto_delete=False, arguments=arguments
        )

    assert first_credit(broker.ports.amqp, "admin", password, "work") == IN_FLIGHT
