"""What a simulation makes of replicas that become ready late, and of those that are busy."""

from mare.simulation.comparison import run_simulation
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
    assert len({cost(tmp_path / "slow.yaml", seconds) for seconds in (0, 5, 30, 900)}) == 1


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
