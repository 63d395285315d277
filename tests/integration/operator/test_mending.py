"""Conditions name what is missing or wrong, and change as soon as it is corrected."""

from collections.abc import Callable

import pytest

from tests.integration.operator.promptness import promptly
from tests.integration.operator.stage import Stage
from tests.integration.operator.test_scaling import AT_ONCE
from tests.vhost import eventually

pytestmark = pytest.mark.broker
Burst = Callable[..., None]


def test_a_missing_queue_is_unknown_and_found_when_it_appears(stage: Stage, burst: Burst):
    stage.workload(replicas=3)
    stage.autoscaler(**AT_ONCE)
    stage.workload("other", replicas=0)
    burst(20, queue="others")
    stage.autoscaler("other", queues=[{"name": "others"}])

    eventually(lambda: stage.condition("MetricsFresh") == ("False", "QueueNotFound"))
    eventually(lambda: stage.replicas("other") == 1)
    assert stage.replicas() == 3

    burst(100)  # a look in its middle asks for what is there by then
    promptly(lambda: stage.replicas() == 5)


def test_wrong_credentials_are_reported_and_a_rotated_secret_is_read(stage: Stage, burst: Burst):
    wrong = stage.broker.amqp_uri.replace("mare:", "mare:not-")
    stage.secret({"amqp-uri": wrong})
    stage.workload(replicas=3)
    burst(200)
    stage.autoscaler()

    eventually(lambda: stage.condition("MetricsFresh") == ("False", "AccessRefused"))
    assert stage.replicas() == 3
    assert "not-" not in stage.shared.log.read_text()

    stage.secret(stage.broker.secret)

    promptly(lambda: stage.replicas() == 10)
    eventually(lambda: stage.condition("MetricsFresh")[0] == "True")
