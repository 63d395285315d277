"""What a person is warned of before it hurts."""

import json
from collections.abc import Callable

import pytest

from tests.integration.operator.stage import Stage
from tests.vhost import Vhost, eventually

pytestmark = pytest.mark.broker


def test_a_queue_deleted_at_zero_replicas_causes_a_warning(stage: Stage, vhost: Vhost):
    stage.workload(replicas=1)
    with vhost.connect() as connection:
        channel = connection.channel()
        channel.queue_declare("work", durable=False, auto_delete=True, exclusive=False)
        channel.basic_consume("work", callback=lambda message: None)
        stage.autoscaler()

        eventually(lambda: stage.condition("EventsSafe") == ("True", "QueuesKept"))

        stage.change({"minReplicas": 1, "idle": {"replicas": 0}})
        eventually(lambda: stage.condition("EventsSafe") == ("False", "QueuesVanish"))
        eventually(lambda: ("Warning", "QueuesVanish") in stage.events())

        stage.change({"minReplicas": 1, "idle": {"replicas": None}})
        eventually(lambda: stage.condition("EventsSafe") == ("True", "Safe"))


def test_a_grace_period_that_is_shorter_than_the_work_is_warned_of(
    own_stage: Stage, burst: Callable[..., None]
):
    burst(20)
    own_stage.workload(replicas=1)
    own_stage.autoscaler()
    learnt = {"status": {"estimates": {"capacityPerReplica": 0.05, "workersPerReplica": 2}}}
    own_stage.api_server.kubectl(
        *("patch", "qa", "worker", "-n", own_stage.namespace, "--type=merge"),
        *("--subresource=status", f"--patch={json.dumps(learnt)}"),
    )
    own_stage.operator()

    short = ("False", "GracePeriodTooShort")
    eventually(lambda: own_stage.condition("GracePeriodSufficient") == short)
    eventually(lambda: ("Warning", "GracePeriodTooShort") in own_stage.events())
    by_type = {each["type"]: each for each in own_stage.status()["conditions"]}
    message = by_type["GracePeriodSufficient"]["message"]
    assert "The service time of 40 s exceeds the grace period of 30 s" in message

    patience = {"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 60}}}}
    own_stage.api_server.kubectl(
        *("patch", "deployment", "worker", "-n", own_stage.namespace),
        f"--patch={json.dumps(patience)}",
    )
    eventually(lambda: own_stage.condition("GracePeriodSufficient") == ("True", "Sufficient"))
