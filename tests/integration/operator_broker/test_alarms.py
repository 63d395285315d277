"""An alarm of a real RabbitMQ is read with its statistics, and ends with them."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mare.ports import BrokerReading
from tests.broker_node import Node
from tests.integration.operator_broker.test_sources import OneSecret, read_until
from tests.vhost import Vhost

pytestmark = pytest.mark.broker
_WATERMARK = "vm_memory_high_watermark.absolute"


def restart(node: Node, memory: str) -> None:
    """Restart the node with a high watermark of this size."""
    node.kill()
    config = Path(tempfile.gettempdir(), node.name, "settings", "rabbitmq.conf")
    lines = [line for line in config.read_text().splitlines() if _WATERMARK not in line]
    config.write_text("\n".join([*lines, f"{_WATERMARK} = {memory}", ""]))
    node.start()


def reports(alarm: str | None) -> Callable[[BrokerReading], bool]:
    return lambda reading: (reading.alarm.reason if reading.alarm else None) == alarm


@pytest.mark.timeout(300)
def test_a_memory_alarm_is_reported_until_it_ends(own_rabbitmq: Callable[[], Node]):
    node = own_rabbitmq()
    vhost = Vhost(node, "alarm")
    with vhost.connect() as connection:
        connection.channel().queue_declare("work", durable=True, auto_delete=False)
    secret = OneSecret(amqp_uri=vhost.amqp_uri, management_uri=node.management_uri)
    for memory, alarm in (("1MiB", "MemoryAlarm"), ("1GiB", None)):
        restart(node, memory)
        read_until(secret, vhost, reports(alarm), queues=[{"name": "work"}])
