"""Simulated replicas that never start, or start late, are not asked for again and again."""

import pytest

from mare.domain.estimates import Estimates
from mare.domain.observation import Workload, load_of
from mare.domain.spec import ForecastMode, QueueLength, QueueWaitTime, ScalingSpec
from mare.domain.wait_target import proposal_by_wait
from mare.simulation import mare_controller
from mare.simulation.load import Burst, Load, Points
from mare.simulation.scenario import Scenario, Worker
from mare.simulation.simulation import Simulation, generate_messages
from tests.unit.operator.building import reading
from tests.unit.operator.starting import KNOWN

NEVER = 1e6
"""A start-up time that no simulation reaches: an image that does not exist, or no node."""


def simulated(
    rate, start_seconds, *, bursts=(), seconds=600, target=None, workers=4, service=0.5, **more
):
    spec = ScalingSpec(
        min_replicas=0,
        max_replicas=100,
        targets=(target or QueueWaitTime(wait_seconds=2),),
        forecast=ForecastMode.OFF,
    )
    scenario = Scenario(
        name="starting",
        seconds=seconds,
        load=Load(rates=(Points(((0.0, rate),)),), bursts=bursts),
        worker=Worker(
            service_seconds=service,
            workers=workers,
            start_seconds=start_seconds,
            ready_seconds=start_seconds,
        ),
        min_replicas=0,
        tick_seconds=0.25,
        autoscalers=(),
        **more,
    )
    simulation = Simulation(scenario, *generate_messages(scenario))
    mare_controller.attach(simulation, spec, scenario.tick_seconds)
    simulation.run()
    return simulation


def most_replicas(simulation):
    return max((change.after for change in simulation.changes), default=0)


@pytest.mark.parametrize("has_statistics", [True, False])
def test_replicas_that_never_start_are_not_followed_by_more(has_statistics):
    simulation = simulated(10, NEVER, has_statistics=has_statistics, seconds=300)
    assert most_replicas(simulation) == 1
    assert simulation.pool.ready > 2_500


@pytest.mark.parametrize(
    ("target", "most"),
    [
        (KNOWN, 4),
        (QueueWaitTime(wait_seconds=2, workers_per_replica=4), 4),
        (QueueLength(messages_per_replica=20), 3),
    ],
)
def test_a_known_capacity_does_not_make_messages_ask_for_replicas_that_do_not_start(target, most):
    assert most_replicas(simulated(10, NEVER, target=target, seconds=300)) <= most


def test_work_that_waits_for_replicas_of_a_minute_gets_a_few_times_what_it_needs():
    simulation = simulated(10, 60)  # 2 replicas are enough
    assert 2 <= most_replicas(simulation) <= 4
    assert simulation.pool.ready < 100


@pytest.mark.parametrize(("start_seconds", "most"), [(20, 6), (60, 4)])
def test_a_replica_that_starts_late_shows_what_it_can_do_before_more_are_requested(
    start_seconds, most
):
    """A step for one in four of the messages that count would have 20 replicas; 2 are enough."""
    simulation = simulated(10, start_seconds, workers=1, service=0.125, seconds=240)
    assert 2 <= most_replicas(simulation) <= most
    assert simulation.pool.ready < 100


def test_long_tasks_wait_for_three_updates_until_a_step_that_starts_late():
    burst = (Burst(5, 200),)
    simulation = simulated(0.001, 60, bursts=burst, workers=1, service=200, seconds=120)
    first, second = simulation.changes
    assert (first.after, second.after) == (4, 50)
    assert 65 + 8 <= second.second <= 65 + 20


@pytest.mark.parametrize(("worked", "counted", "finished", "most"), [(12, 0, 0, 1), (14, 5, 20, 4)])
def test_acknowledgements_are_divided_by_the_time_of_their_statistics(
    worked, counted, finished, most
):
    load = load_of((reading(77, 1, at=100.0, prefetch=1.0, consumers=1),))
    estimates = Estimates(
        arrival_rate=10.0,
        workers_per_replica=1.0,
        start_seconds=60.0,
        worked_seconds=worked,
        counted_seconds=counted,
        finished=finished,
    )
    proposal = proposal_by_wait(
        QueueWaitTime(wait_seconds=2.0), load, estimates, Workload(replicas=1)
    )
    assert proposal.replicas == most


def test_a_burst_is_a_reason_for_more_although_the_replicas_before_it_have_not_started():
    simulation = simulated(10, NEVER, bursts=(Burst(300, 4_000, 0.5),), target=KNOWN, seconds=320)
    before = max(change.after for change in simulation.changes if change.second < 300)
    first = next(change for change in simulation.changes if change.second >= 300)
    assert before <= 4
    assert first.second <= 300.5
    assert most_replicas(simulation) == 100
    named = "more messages arrived while replicas start, and count when the replicas consume"
    assert named in simulation.changes[-1].message


def test_a_workload_that_starts_as_usual_counts_all_messages():
    simulation = simulated(40, 3, bursts=(Burst(300, 400),))
    assert "arrived while" not in "".join(change.message for change in simulation.changes)
