"""The operator exports a trace of each change to a collector."""

from collections.abc import Callable

import pytest

from tests.integration.operator.stage import Stage
from tests.integration.operator.test_scaling import AT_ONCE
from tests.otlp import attributes, collecting
from tests.vhost import eventually

pytestmark = pytest.mark.broker


def test_a_change_of_a_real_workload_is_a_trace(own_stage: Stage, burst: Callable[..., None]):
    with collecting() as collector:
        burst(20)
        own_stage.workload(replicas=0)
        own_stage.autoscaler(**AT_ONCE)
        own_stage.operator(**collector.environment)
        eventually(lambda: own_stage.replicas() == 1)
        eventually(collector.traces)
        (trace,) = collector.traces()
        found = attributes(trace["scale"])
        assert (found["mare.object"], found["mare.reason"]) == ("worker", "Activated")
        assert (found.get("mare.replicas.from", 0), found["mare.replicas.to"]) == (0, 1)
        assert set(trace) == {"scale", "read queues", "decide", "patch scale"}
