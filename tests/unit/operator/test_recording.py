"""A recorded load as a scenario file."""

from dataclasses import replace
from pathlib import Path

import pytest

from mare.documents.tree import InputError
from mare.domain.spec import MaximumConcurrency, QueueLength, QueueWaitTime, ScalingSpec, Schedule
from mare.simulation.comparison import run_simulation
from mare.simulation.reading import parse_scenario
from mare.simulation.recording import Recording, scenario_text
from mare.simulation.scenario import KedaSettings
from mare.simulation.simulation import generate_messages

BEGIN = 1_767_272_400  # 2026-01-01T13:00:00Z
RECORDING = Recording(
    namespace="shop",
    name="worker",
    spec=ScalingSpec(max_replicas=20, targets=(QueueWaitTime(wait_seconds=5),)),
    rows=[(BEGIN, 5, 12), (BEGIN + 5, 5, 0), (BEGIN + 10, 90, None), (BEGIN + 100, 20, 7)],
    capacity=8.0,
    workers=3.9,
    prefetch=10,
    start_seconds=4.04,
    initial_replicas=2,
    replica_seconds=1800.0,
)


def scenario_of(recording):
    return parse_scenario(scenario_text(recording), Path("worker.load.yaml"))


def test_the_scenario_has_the_messages_at_their_times():
    scenario = scenario_of(RECORDING)
    assert scenario.seconds == 120
    assert scenario.starts_at == BEGIN
    assert scenario.load.recorded == ((0, 12), (5, 0), (100, 7))


def test_the_scenario_has_the_measured_worker_and_replicas():
    scenario = scenario_of(RECORDING)
    assert (scenario.worker.workers, scenario.worker.service_seconds) == (4, 0.5)
    assert (scenario.worker.prefetch, scenario.worker.start_seconds) == (10, 4)
    assert (scenario.min_replicas, scenario.max_replicas, scenario.initial_replicas) == (0, 20, 2)


def test_the_description_says_what_is_known_and_what_is_not():
    description = scenario_of(RECORDING).description
    assert description == (
        "Load of shop/worker from 2026-01-01T13:00:00Z to 2026-01-01T13:02:00Z. The workload took"
        " 0.5 replica-hours. In 75.0 % of the time no messages were counted: none are simulated."
    )


def test_the_object_is_compared_with_other_waits_and_with_keda():
    own, *others = scenario_of(RECORDING).autoscalers
    assert own.settings == RECORDING.spec
    assert [each.name for each in others] == [
        *("Maré 2 s", "Maré 10 s", "Maré 30 s"),
        *("KEDA default", "KEDA tuned", "KEDA expert"),
    ]
    waits = [each.settings.targets[0].wait_seconds for each in others[:3]]
    assert waits == [2, 10, 30]
    default, tuned, expert = (each.settings for each in others[3:])
    assert default == KedaSettings()
    assert [trigger.value for trigger in expert.triggers] == [0.8 * 8, 20]
    assert tuned.behavior == expert.behavior


def test_another_target_is_compared_with_waits():
    spec = ScalingSpec(max_replicas=9, targets=(QueueLength(messages_per_replica=20),))
    _, two, *_ = scenario_of(replace(RECORDING, spec=spec)).autoscalers
    assert two.settings.targets == (QueueWaitTime(),)
    assert two.settings.behavior == ScalingSpec(max_replicas=9).behavior


def test_a_second_target_stays_beside_another_wait():
    busy = MaximumConcurrency(workers_per_replica=2, queues=("rpc-*",))
    spec = ScalingSpec(max_replicas=9, targets=(QueueWaitTime(), busy))
    recording = replace(RECORDING, spec=spec, queues=[{"pattern": "rpc-*"}, {"name": "a"}])
    own, ten, *_ = scenario_of(recording).autoscalers
    assert own.settings.targets == spec.targets
    assert ten.settings.targets == (QueueWaitTime(wait_seconds=10), busy)


def test_an_unknown_service_time_is_left_to_the_reader_of_the_file():
    recording = replace(RECORDING, capacity=None, workers=None, prefetch=None)
    with pytest.raises(InputError, match=r"worker\.load\.yaml:\d+: worker\.serviceSeconds is miss"):
        scenario_of(recording)
    text = scenario_text(recording)
    assert "# serviceSeconds, the seconds that a worker needs for a message" in text
    filled = text.replace("worker:\n", "worker:\n  serviceSeconds: 1\n", 1)
    own, *_ = parse_scenario(filled, Path("worker.load.yaml")).autoscalers
    assert own.settings == recording.spec


def test_schedules_hold_at_the_recorded_times_of_the_day():
    schedule = Schedule(start="0 13 * * *", end="0 14 * * *", min_replicas=6)
    recording = replace(RECORDING, spec=replace(RECORDING.spec, schedules=(schedule,)))
    scenario = scenario_of(recording)
    result = run_simulation(scenario, scenario.autoscalers[0], *generate_messages(scenario))
    assert result.samples[-1].wanted >= 6


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ("{kind: recorded}", "load[0].file is missing; add it, or csv"),
        ("{kind: recorded, file: a.csv, csv: 'second,messages'}", "but not both"),
        ("{kind: recorded, csv: 'second,count'}", "load[0].csv cannot be read"),
        ("{kind: constant, rate: 1, csv: 'x'}", "load[0]"),
        *(
            (f'{{kind: recorded, csv: "second,messages\\n{row}"}}', "is out of range")
            for row in ("nan,1", "inf,1", "-1,1", "0,-1")
        ),
    ],
)
def test_counts_are_either_in_the_scenario_or_in_a_file(part, problem):
    text = f"seconds: 10\nload: [{part}]\nworker: {{serviceSeconds: 1}}\n"
    with pytest.raises(InputError) as caught:
        parse_scenario(text, Path("wrong.yaml"))
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("seconds", "counts"),
    [(30, [10, 5]), (20, [10, 5]), (15, [10, 2]), (10, [10]), (5, [5])],
)
def test_a_load_that_is_longer_than_the_scenario_is_cut(seconds, counts):
    part = 'kind: recorded, csv: "second,messages\\n0,10\\n10,5\\n20,0"'
    text = f"seconds: {seconds}\nload: [{{{part}}}]\nworker: {{serviceSeconds: 1}}\n"
    load = parse_scenario(text, Path("cut.yaml")).load
    assert load.expected(seconds) == sum(counts)
    assert [messages for _, messages in load.recorded if messages] == counts


def test_a_time_that_does_not_exist_is_a_mistake():
    text = "seconds: 10\nstartsAt: 2026-13-01T00:00:00Z\nload: [{kind: constant, rate: 1}]\n"
    with pytest.raises(InputError, match="startsAt has to be a time"):
        parse_scenario(text + "worker: {serviceSeconds: 1}\n", Path("wrong.yaml"))
