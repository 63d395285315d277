"""An alarm of a real RabbitMQ is read with its statistics, and ends with them."""

from collections.abc import Callable

import pytest

from mare.ports import BrokerReading
from tests.integration.operator_broker.test_sources import OneSecret, read_until
from tests.vhost import Vhost

pytestmark = pytest.mark.broker
_WATERMARK = "vm_memory_monitor:get_vm_memory_high_watermark()"


def reports(alarm: str | None) -> Callable[[BrokerReading], bool]:
    return lambda reading: (reading.alarm.reason if reading.alarm else None) == alarm


def test_a_memory_alarm_is_reported_until_it_ends(vhost: Vhost):
    with vhost.connect() as connection:
        connection.channel().queue_declare("work", durable=True, auto_delete=False)
    secret = OneSecret(amqp_uri=vhost.amqp_uri, management_uri=vhost.node.management_uri)

    def limit_memory(expression: str) -> None:
        vhost.node.evaluate(f"vm_memory_monitor:set_vm_memory_high_watermark({expression}).")

    vhost.node.evaluate(f"persistent_term:put(watermark_before, {_WATERMARK}).")
    try:
        limit_memory("{absolute, 1048576}")
        read_until(secret, vhost, reports("MemoryAlarm"), queues=[{"name": "work"}])
    finally:
        limit_memory("persistent_term:get(watermark_before)")
    read_until(secret, vhost, reports(None), queues=[{"name": "work"}])
