"""The figures of a run on a cluster, from what workers and the Deployment report."""

import json
from dataclasses import asdict, replace
from math import inf

import pytest

from mare.domain.spec import ScalingSpec
from mare.simulation.comparison import compare
from mare.simulation.load import Load
from mare.simulation.scenario import Scenario, Worker
from tests.load.compare.__main__ import LOADS, read
from tests.load.compare.autoscalers import autoscalers, manifest
from tests.load.compare.measured import (
    Count,
    Reaction,
    Run,
    Start,
    needed_replicas,
    reaction,
    result_of,
)
from tests.load.compare.report import Comparison, Measured, csv_text, markdown, page

SCENARIO = Scenario(
    name="burst",
    seconds=20,
    load=Load(),
    worker=Worker(service_seconds=0.5, workers=2),
    min_replicas=0,
    max_replicas=10,
    autoscalers=(),
)
ARRIVALS = [1.0, 1.0, 2.0]
TAKES = [0.5, 3.0, 0.5]


def start(message: int, published: float, started: float, pod: str = "a") -> Start:
    return Start(
        message=message, published=published, started=started, pod=pod, redelivered=started > 9
    )


RUN = Run(
    autoscaler="Maré",
    starts=[start(1, 1.0, 10.0, "b"), start(0, 1.0, 4.0), start(1, 1.0, 5.0)],
    counts=[Count(0.0, 0, 0, 0), Count(2.0, 3, 3, 0), Count(4.0, 3, 3, 3), Count(12.0, 1, 1, 1)],
    sentences=[(2.1, "0 → 3: 2 messages wait."), (12.3, "3 → 1: ends.")],
    cores=0.01,
    manager_cores=0.02,
    memory_mib=60.0,
)


def result(run: Run = RUN):
    return result_of(run, SCENARIO, ARRIVALS, TAKES)


def test_a_message_waits_until_its_first_start_or_the_end_of_the_run():
    assert result().wait_p50 == 4.0
    assert result().wait_max == 18.0
    assert result().unstarted == 1


def test_replica_seconds_are_those_between_begin_and_end():
    before_the_run = [Count(-5.0, 2, 2, 2), Count(2.0, 0, 0, 0), Count(19.0, 4, 4, 0)]

    assert result().replica_seconds == 3 * 10 + 1 * 8
    assert result(replace(RUN, counts=before_the_run)).replica_seconds == 2 * 2 + 4 * 1


def test_a_pod_whose_message_another_one_starts_again_was_ended_busy():
    assert result().ended_busy == 1
    assert result().redelivered == 1
    assert result().work_seconds == (0.5 + 3.0) / 2


def test_a_pod_that_goes_on_with_other_messages_has_only_lost_the_broker():
    goes_on = replace(RUN, starts=[*RUN.starts, start(2, 6.0, 11.0)])

    assert result(goes_on).ended_busy == 0


def test_a_pod_that_says_so_was_ended_busy_also_if_its_message_waits_until_the_end():
    ended = replace(RUN, ended_busy=[(6.0, "a"), (12.0, "b"), (20.5, "c")])

    assert result(ended).ended_busy == 2  # "a" once, "c" after the end


def test_what_happens_after_the_end_does_not_count():
    late = replace(
        RUN,
        starts=[*RUN.starts, start(2, 2.0, 20.5, "c"), start(0, 1.0, 21.0, "c")],
        counts=[*RUN.counts, Count(21.0, 5, 5, 1)],
        sentences=[*RUN.sentences, (21.0, "1 → 5: more.")],
    )

    assert result(late) == result()


def test_each_change_has_the_sentence_that_follows_it():
    changes = [(each.second, each.before, each.after, each.message) for each in result().changes]

    assert changes == [(2.0, 0, 3, "0 → 3: 2 messages wait."), (12.0, 3, 1, "3 → 1: ends.")]
    assert result().reversals == 1


def test_samples_show_what_waits_and_since_when():
    samples = {each.second: each for each in result().samples}

    assert (samples[3].ready, samples[3].wait, samples[3].wanted, samples[3].consuming) == (
        3, 2.0, 3, 0,
    )  # fmt: skip
    assert (samples[4].ready, samples[4].consuming) == (2, 3)
    assert (samples[6].ready, samples[6].wait) == (1, 4.0)


def test_the_reaction_counts_from_the_first_message():
    assert reaction(RUN, TAKES, 3) == Reaction(1.0, 1.0, 3.0, 3.5)


def test_the_patch_for_n_is_for_what_the_load_needs_and_not_for_the_most_the_run_had():
    reacted = reaction(RUN, TAKES, 4)

    assert (reacted.first_patch, reacted.patch, reacted.ready) == (1.0, inf, inf)
    assert reaction(RUN, TAKES, 2).patch == 1.0


def test_a_load_needs_what_does_the_work_of_its_busiest_ten_seconds_in_as_long():
    arrivals = [0.0, *(100 + number / 10 for number in range(100)), 110.5]
    takes = [50.0, *[0.8] * 101]

    assert needed_replicas(SCENARIO, arrivals, takes) == 4  # 80 s of work, two at a time
    assert needed_replicas(replace(SCENARIO, max_replicas=3), arrivals, takes) == 3
    assert needed_replicas(SCENARIO, [], []) == 1


def test_what_never_happened_is_infinitely_late():
    nothing = replace(RUN, starts=[], counts=[Count(0.0, 0, 0, 0)])

    assert reaction(nothing, TAKES, 3).first_patch == inf


def test_a_run_is_the_same_after_json():
    run = replace(RUN, ended_busy=[(6.0, "a")])

    assert Run.read(json.loads(json.dumps(asdict(run)))) == run


def test_a_run_of_before_can_be_read():
    given = asdict(RUN)
    del given["ended_busy"]

    assert Run.read(given) == replace(RUN, ended_busy=[])


@pytest.fixture
def comparison() -> Comparison:
    slower = replace(RUN, starts=[start(0, 1.0, 7.0)])
    runs = [Measured(each, result(each), reaction(each, TAKES, 4)) for each in (RUN, slower)]
    scenario = replace(SCENARIO, autoscalers=autoscalers(SCENARIO))
    simulated = {each.autoscaler: each for each in compare(scenario)}
    return Comparison(scenario, {"Maré": runs}, simulated, 4)


def test_the_table_has_medians_and_ranges(comparison: Comparison):
    [row] = [line for line in markdown(comparison).splitlines() if line.startswith("| Maré |")]

    assert "| 11.00 (4.00 to 18.00) |" in row
    assert "| 38 |" in row
    assert "| never | never |" in row
    assert "| PATCH for 4 | 4 Ready |" in markdown(comparison)
    assert "| 5.0 (3.5 to 6.5) |" in row


def cells(comparison: Comparison, column: str) -> dict[str, str]:
    """Return the cells of a column, by the name of the row."""
    head, _, *lines = [line.split(" | ") for line in markdown(comparison).splitlines()]
    at = head.index(column) if column in head else head.index(f"{column} |")
    return {line[0].strip("| "): line[at].removesuffix("|").strip() for line in lines}


def test_the_table_says_how_many_messages_were_not_begun(comparison: Comparison):
    shown = cells(comparison, "not begun, wait until the end")

    assert shown["Maré"] == "2 (1 to 2)"
    assert shown["KEDA default, simulated"] == "0"


def test_waits_are_compared_between_runs_of_one_phase(comparison: Comparison):
    def runs(name: str, waits: dict[int, float]) -> list[Measured]:
        of = [replace(RUN, autoscaler=name, number=number) for number in waits]
        return [Measured(run, replace(result(run), wait_p95=waits[run.number]), None) for run in of]

    paired = replace(
        comparison,
        measured={
            "Maré": runs("Maré", {1: 10.0, 2: 20.0, 3: 30.0}),
            "KEDA tuned": runs("KEDA tuned", {2: 21.0, 3: 29.5, 1: 14.0, 4: 99.0}),
            "KEDA expert": runs("KEDA expert", {4: 50.0}),
        },
    )

    shown = cells(paired, "p95 less Maré's")
    assert shown["KEDA tuned"] == "+1.00 (-0.50 to +4.00)"
    assert shown["KEDA expert"] == shown["Maré"] == ""


def test_csv_has_a_line_for_each_run(comparison: Comparison):
    assert len(csv_text([comparison]).splitlines()) == 1 + 2


def test_the_page_has_sentences_and_plots_and_loads_nothing(comparison: Comparison):
    text = page([comparison])

    assert "<li>1. 2.1 s: 0 → 3: 2 messages wait." in text
    assert "<title>1. 2.1 s: 0 → 3: 2 messages wait." in text
    assert text.count('<svg class="said"') == 1
    assert text.count("<svg") == 2 + 1
    assert "KEDA expert, simulated" in text
    assert "src=" not in text
    assert "<script" not in text


def test_the_expert_has_what_the_simulation_gives_it_and_our_scale_down():
    expert = next(each for each in autoscalers(SCENARIO) if each.name == "KEDA expert")

    spec = manifest(expert, "work-1", SCENARIO)["spec"]

    assert spec["pollingInterval"] == 1
    assert [(each["metadata"]["mode"], each["metadata"]["value"]) for each in spec["triggers"]] == [
        ("MessageRate", "3.2"),
        ("QueueLength", "20"),
    ]
    hpa = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert hpa["scaleUp"]["policies"][0] == {"type": "Percent", "value": 900, "periodSeconds": 15}
    assert hpa["scaleDown"]["stabilizationWindowSeconds"] == 15
    assert spec["cooldownPeriod"] == ScalingSpec(max_replicas=10).cooldown_seconds


@pytest.mark.parametrize("name", LOADS)
def test_each_load_is_a_scenario(name: str):
    scenario = read(name, seconds=3600, seed=1)

    assert scenario.name == name
    assert scenario.seconds <= 3600


def test_keda_also_counts_what_workers_without_a_prefetch_limit_hold():
    endless = replace(SCENARIO, worker=replace(SCENARIO.worker, prefetch=0))
    more = {each.name: each for each in autoscalers(endless)[len(autoscalers(SCENARIO)) :]}

    assert list(more) == ["KEDA default http", "KEDA tuned http"]
    for each in more.values():
        [trigger] = manifest(each, "work-1", endless)["spec"]["triggers"]
        assert trigger["metadata"]["protocol"] == "http"
        assert trigger["metadata"]["value"] == f"{2 * SCENARIO.worker.capacity:g}"
