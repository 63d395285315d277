"""An operator that is killed again and again while it scales up and down."""

import time
from collections.abc import Callable
from random import Random

import pytest

from tests.integration.operator.stage import Stage
from tests.integration.operator.test_scaling import purge
from tests.vhost import Vhost, eventually

pytestmark = [pytest.mark.broker, pytest.mark.nightly, pytest.mark.timeout(1800)]
Burst = Callable[..., None]

_UP, _DOWN, _SECONDS = 2, 3, 20
_KILLS = 30
_MARGIN = 1.0
"""A change that is so near to the beginning of a period may count or not: the audit log has the
time at which a request begins, the operator counts from its answer."""


@pytest.mark.parametrize("seed", [1, 2])
def test_thirty_kills_at_random_moments_make_no_double_step(
    own_stage: Stage, vhost: Vhost, burst: Burst, seed: int
):
    """The policies hold for the changes of all thirty-one operators together."""
    random = Random(seed)
    up, down = (
        {"policies": [{"type": "Pods", "value": pods, "periodSeconds": _SECONDS}]}
        for pods in (_UP, _DOWN)
    )
    own_stage.workload(replicas=1)
    burst(0)
    own_stage.autoscaler(
        minReplicas=1,
        onDelete="Restore",
        behavior={"scaleUp": up, "scaleDown": {**down, "stabilizationWindowSeconds": 0}},
        victims={"policy": "Default"},
    )
    for kill in range(_KILLS):
        if kill % 10 == 0:
            burst(380)
        if kill % 10 == 5:
            purge(vhost)
        operator = own_stage.operator()
        if kill % 2:
            # The moment at which a change begins is the one that matters most.
            before = own_stage.counts()
            end = time.monotonic() + 20
            while own_stage.counts() == before and time.monotonic() < end:
                time.sleep(0.01)
        time.sleep(random.uniform(0, 0.2 if kill % 2 else 5))
        operator.kill()
    own_stage.operator()
    eventually(lambda: own_stage.replicas() in (1, 19), 300)

    times = [
        (each.time.timestamp(), each.body["spec"]["replicas"])
        for each in own_stage.requests()
        if each.resource == "deployments/scale" and each.verb == "patch" and each.code == 200
    ]
    counts = [1, *(count for _, count in times)]
    for index, (at, _) in enumerate(times):
        begins = [counts[_first_since(at - _SECONDS + near, times)] for near in (-_MARGIN, _MARGIN)]
        changes = [counts[index + 1] - before for before in begins]
        assert any(-_DOWN <= change <= _UP for change in changes), times
    assert len(times) > 5, times  # 7 and 8 at a load average of 17 on two cores
    assert own_stage.status()["originalReplicas"] == 1


def _first_since(moment: float, times: list[tuple[float, int]]) -> int:
    """Return the number of the first change after a moment."""
    return next(number for number, (when, _) in enumerate(times) if when > moment)
