"""From a burst to the PATCH that asks for all that it needs; ``make bench`` measures how fast."""

from collections.abc import Callable

import pytest

from tests.integration.operator.stage import Stage
from tests.load.operator_performance import bursts
from tests.vhost import Vhost, eventually

pytestmark = pytest.mark.broker
NO_TOLERANCE = {
    "scaleUp": {
        "tolerance": 0,
        "policies": [{"type": "Pods", "value": 1000, "periodSeconds": 1}],
    }
}
"""A look in the middle of a burst may find 48 replicas' worth: then a second PATCH asks for 50."""
USUALLY_SECONDS = 1.0
"""The median takes 0.2 to 0.3 s on an idle machine."""


@pytest.mark.nightly
def test_a_burst_usually_reaches_the_workload_soon(
    stage: Stage, vhost: Vhost, burst: Callable[..., None]
):
    names = [f"usual-{number}" for number in range(15)]
    stage.several(names, behavior=NO_TOLERANCE)
    for name in names:
        burst(0, queue=name)
    eventually(lambda: all(stage.condition("Ready", name)[0] == "True" for name in names))

    assert bursts(stage, vhost, names, 10)["p50_s"] <= USUALLY_SECONDS
