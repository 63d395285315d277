"""What a simulation makes of replicas that become ready late, and of those that are busy."""

import pytest

from mare.simulation.comparison import compare, run_simulation
from mare.simulation.reading import read_scenario
from mare.simulation.simulation import generate_messages

SLOW_READY = """
seconds: 600
load: [{kind: square, low: 4, high: 64, periodSeconds: 300}]
worker: {serviceSeconds: 0.5, startSeconds: 30, readySeconds: READY}
autoscalers: [{name: ours, mare: {}}]
"""


def cost(path, ready_seconds):
    path.write_text(SLOW_READY.replace("READY", str(ready_seconds)))
    scenario = read_scenario(path)
    return run_simulation(
        scenario, scenario.autoscalers[0], *generate_messages(scenario)
    ).replica_seconds


def test_the_time_until_readiness_has_no_cost(tmp_path):
    """It changes which replicas go: those that are not Ready, before all others."""
    costs = [cost(tmp_path / "slow.yaml", seconds) for seconds in (0, 5, 30, 900)]
    assert max(costs) - min(costs) < 1


LONG_TASKS = """
seconds: 3600
load: [{kind: square, low: 0.1, high: 0.8, periodSeconds: 600}]
worker: {serviceSeconds: 20, workers: 1}
maxReplicas: 30
autoscalers: [{name: ours, mare: {victims: {policy: POLICY}}}]
"""


@pytest.mark.parametrize(
    ("policy", "least", "most"),
    [
        ("IdleFirst", 1, 8),  # 12 by two statistics, 28 if it is unknown who became idle last
        ("IdleOnly", 1, 8),
        ("Default", 25, 40),
    ],
)
def test_the_replicas_that_go_are_those_that_the_operator_would_choose(
    tmp_path, policy, least, most
):
    """Statistics are of up to 10 s ago: a few of 200 have taken a message since."""
    path = tmp_path / "long.yaml"
    path.write_text(LONG_TASKS.replace("POLICY", policy))
    (result,) = compare(read_scenario(path))
    assert least <= result.ended_busy <= most


def test_idle_only_scales_down_as_replicas_become_idle(tmp_path):
    path = tmp_path / "idle.yaml"
    path.write_text(
        "seconds: 300\nload: [{kind: bursts, messages: 80, at: [10]}]\n"
        "worker: {serviceSeconds: 20, variation: 1, workers: 1}\nmaxReplicas: 80\n"
        "autoscalers:\n- name: ours\n  mare:\n    minReplicas: 0\n"
        "    target: {type: QueueLength, messagesPerReplica: 1, queues: [work]}\n"
        "    behavior: {scaleDown: {stabilizationWindowSeconds: 0}}\n"
        "    victims: {policy: IdleOnly}\n"
    )
    scenario = read_scenario(path)
    result = run_simulation(scenario, scenario.autoscalers[0], *generate_messages(scenario))
    shrinking = [change for change in result.changes if change.after < change.before]
    assert len(shrinking) > 3
    assert (shrinking[-1].after, result.redelivered) == (0, 0)
