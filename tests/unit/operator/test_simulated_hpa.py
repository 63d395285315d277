"""The simulated KEDA and HPA react like measured real ones."""

from dataclasses import replace
from itertools import pairwise

import pytest

from mare.domain.spec import QueueLength, ScalingSpec
from mare.simulation.comparison import compare
from mare.simulation.hpa_controller import AverageValue, HorizontalPodAutoscaler
from mare.simulation.load import Burst, Load
from mare.simulation.results import reversals
from mare.simulation.scenario import (
    TUNED,
    HpaSettings,
    KedaSettings,
    Outage,
    Scenario,
    SimulatedAutoscaler,
    Trigger,
    Worker,
)
from mare.simulation.simulation import Change

BURST = Scenario(
    name="burst",
    seconds=400,
    load=Load(bursts=(Burst(100.0, 200, 0.01),)),
    worker=Worker(service_seconds=10_000, workers=1, start_seconds=3),
    min_replicas=0,
    max_replicas=20,
    autoscalers=(),
)
LENGTH = ScalingSpec(max_replicas=20, targets=(QueueLength(messages_per_replica=20),))


def changes_by(settings, scenario=BURST, **given):
    """What an autoscaler changes in a scenario with these fields."""
    one = (SimulatedAutoscaler("one", settings),)
    (result,) = compare(replace(scenario, autoscalers=one, **given))
    return result.changes


def seconds_to(replicas, settings, seed):
    """Seconds from the burst to the change to at least this many replicas."""
    changes = changes_by(settings, seed=seed)
    return min(change.second for change in changes if change.after >= replicas) - 100


@pytest.mark.parametrize(
    ("settings", "first", "tenth"),
    [
        # Measured with KEDA 2.21.0 on a real cluster, four runs each: 1.1 to 7.1 and 37 to 48 s
        (KedaSettings(), (0, 31), (30, 76)),
        # 0.1 to 1.0 and 31 to 40 s
        (KedaSettings(polling_interval=1), (0, 1.1), (29, 46)),
        # 0.4 to 0.9 and 6 to 13 s
        (KedaSettings(polling_interval=1, behavior=TUNED), (0, 1.1), (0, 16)),
    ],
)
def test_keda_activates_at_its_poll_and_scales_up_at_the_syncs_of_the_hpa(settings, first, tenth):
    for seed in range(6):
        assert first[0] <= seconds_to(1, settings, seed) <= first[1]
        assert tenth[0] <= seconds_to(9, settings, seed) <= tenth[1]


def test_mare_scales_to_all_replicas_at_its_next_tick():
    assert all(seconds_to(10, LENGTH, seed) <= 1.02 for seed in range(6))


def test_keda_deactivates_after_its_cooldown_from_any_count():
    worker = replace(BURST.worker, service_seconds=1.0, workers=100)
    last = changes_by(KedaSettings(), worker=worker, seconds=900, seed=3)[-1]
    assert (last.after, last.reason) == (0, "KEDAScaleTargetDeactivated")
    assert 400 < last.second < 465


def test_the_cooldown_of_keda_ends_at_its_last_second():
    """KEDA stores whole seconds: a poll exactly 300 s after the last activity deactivates."""
    worker = replace(BURST.worker, service_seconds=0.1, workers=100)
    activated, *_, deactivated = changes_by(
        KedaSettings(polling_interval=50), worker=worker, seconds=900
    )
    assert deactivated.second - activated.second == pytest.approx(300)


class FiveReplicas:
    """Stands in for a simulation with 5 replicas at the start."""

    def __init__(self):
        self.now = 0.0
        self.wanted = 5

    def scale(self, count, reason, message):
        self.wanted = count


def test_the_window_of_an_absent_behavior_includes_300_seconds():
    simulation = FiveReplicas()
    hpa = HorizontalPodAutoscaler(simulation, (AverageValue(lambda: 1, 1),), 1, 20)
    for second in range(0, 316, 15):
        simulation.now = float(second)
        hpa.sync()
        assert simulation.wanted == (5 if second <= 300 else 1), second


def test_a_failing_metric_keeps_the_replicas_of_the_hpa():
    settings = KedaSettings(
        polling_interval=1, behavior=TUNED, triggers=(Trigger(mode="MessageRate", value=1),)
    )
    changes = changes_by(settings, outages=(Outage(200.0, 150.0),))
    assert not [change for change in changes if 201 < change.second < 350]


def test_an_hpa_on_cpu_follows_utilization_and_stays_above_0():
    busy = Scenario(
        name="busy",
        seconds=600,
        load=Load(bursts=(Burst(0.0, 4000, 400.0),)),
        worker=Worker(service_seconds=1.0, workers=4),
        min_replicas=0,
        max_replicas=20,
        autoscalers=(),
    )
    counts = [change.after for change in changes_by(HpaSettings(), busy)]
    assert min(counts) >= 1
    assert max(counts) >= 3
    assert counts[0] <= 4  # a sync at most doubles the replicas or scales to 4


def test_reversals_are_changes_of_direction():
    counts = [1, 3, 5, 4, 2, 6]
    changes = [
        Change(float(i), before, after, "", "")
        for i, (before, after) in enumerate(pairwise(counts))
    ]
    assert reversals(changes) == 2
