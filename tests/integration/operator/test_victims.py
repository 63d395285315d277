"""Pods without a running message go first, or alone."""

from collections.abc import Callable

import pytest
from kubernetes import client

from mare.cluster.pods import COST
from tests.integration.operator.consuming import (
    consumer,
    place_pods,
    pods_of,
    wait_for_unacknowledged,
)
from tests.integration.operator.stage import Stage
from tests.vhost import Vhost, becomes, eventually

pytestmark = pytest.mark.broker
Burst = Callable[..., None]
A, B, C = "127.0.0.1", "127.0.0.2", "127.0.0.3"


AT_ONCE = {"scaleDown": {"stabilizationWindowSeconds": 0}}


def test_the_pod_whose_address_has_a_running_message_costs_more(
    stage: Stage, vhost: Vhost, burst: Burst
):
    burst(60)
    stage.workload(replicas=3)
    pods = place_pods(stage, ["10.9.9.8", A, "10.9.9.9"])
    with consumer(vhost, A, prefetch=5) as busy:
        busy.takes(5)
        wait_for_unacknowledged(vhost, 5)
        victims = {"policy": "IdleFirst", "maxDrainWaitSeconds": 0}
        stage.autoscaler(behavior=AT_ONCE, victims=victims, minReplicas=1, paused="ScaleIn")
        eventually(lambda: stage.metric("mare_queue_depth_messages") == 60)
        eventually(lambda: stage.metric("mare_busy_replicas") == 1)

        stage.change({"target": {"messagesPerReplica": 60}, "paused": None})
        eventually(lambda: stage.replicas() == 1)

    eventually(lambda: pods_of(stage) == {pods[A]})
    left = client.CoreV1Api(stage.api).read_namespaced_pod(pods[A], stage.namespace)
    assert left.metadata.annotations[COST] == "1"


def test_idle_only_waits_until_a_busy_pod_has_finished(stage: Stage, vhost: Vhost, burst: Burst):
    burst(5)
    stage.workload(replicas=3)
    pods = place_pods(stage, [A, B, C])
    with (
        consumer(vhost, A, prefetch=3) as first,
        consumer(vhost, B, prefetch=2) as second,
    ):
        first.takes(3)
        second.takes(2)
        with consumer(vhost, C, prefetch=1):
            wait_for_unacknowledged(vhost, 3, 2, 0)
            victims = {"policy": "IdleOnly", "maxDrainWaitSeconds": 600}
            stage.autoscaler(behavior=AT_ONCE, victims=victims, minReplicas=1)
            eventually(lambda: len(pods_of(stage)) == 2)
            assert pods_of(stage) == {pods[A], pods[B]}
            # Written when it has lasted for 10 s, far longer than the broker tells of who has gone.
            eventually(lambda: stage.condition("ScalingLimited") == ("True", "Draining"))
            assert stage.counts() == [2]

            second.finishes()
            eventually(lambda: len(pods_of(stage)) == 1)

    assert pods_of(stage) == {pods[A]}
    becomes(stage.counts, [2, 1])
