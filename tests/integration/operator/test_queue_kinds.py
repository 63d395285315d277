"""Queues whose depth says nothing, or that are gone for a moment: the count stays, and why."""

from collections.abc import Callable

import pytest

from tests.integration.operator.promptness import promptly
from tests.integration.operator.stage import Stage
from tests.vhost import Vhost

pytestmark = pytest.mark.broker


def fresh(stage: Stage) -> tuple[str, str]:
    return stage.condition("MetricsFresh")


def test_the_replicas_of_an_exclusive_queue_stay_until_its_connection_ends(
    stage: Stage, vhost: Vhost, burst: Callable[..., None]
):
    stage.workload(replicas=2)
    with vhost.connect() as connection:
        connection.channel().queue_declare("work", durable=False, exclusive=True)
        for _ in range(200):
            vhost.publish(b"x", routing_key="work")

        stage.autoscaler()

        promptly(lambda: fresh(stage) == ("False", "QueueExclusive"))
        stage.holds(2, seconds=1)
    promptly(lambda: fresh(stage) == ("False", "QueueNotFound"))

    burst(200)
    promptly(lambda: stage.replicas() == 10)
