"""The command, its scenario files and its promise of speed."""

import json
import time
from dataclasses import fields, replace

import pytest
import yaml
from click.testing import CliRunner

from mare.cli.simulate import simulate
from mare.documents.tree import InputError
from mare.domain.spec import QueueLength, QueueWaitTime, ScalingSpec
from mare.local_run.terminal import Terminal
from mare.simulation.comparison import run_simulation
from mare.simulation.load import Load, Points
from mare.simulation.reading import packaged, read_scenario
from mare.simulation.results import Result, table
from mare.simulation.scenario import (
    HpaSettings,
    KedaSettings,
    Scenario,
    SimulatedAutoscaler,
    Worker,
)
from mare.simulation.simulation import generate_messages

SCENARIOS = list(packaged().values())
SHORT = """
name: short
description: A short one.
seconds: 120
load: [{kind: constant, rate: 20}, {kind: bursts, messages: 100, at: [60]}]
worker: {serviceSeconds: 0.5}
autoscalers:
  - {name: ours, mare: {target: {waitSeconds: 5}}}
  - {name: length, mare: {target: {type: QueueLength, messagesPerReplica: 20}}}
  - name: keda
    keda: {pollingInterval: 5, triggers: [{mode: QueueLength, value: 10}], behavior: {}}
  - {name: hpa, hpa: {cpuPercent: 70}}
"""


@pytest.fixture
def short(tmp_path):
    path = tmp_path / "short.yaml"
    path.write_text(SHORT)
    return path


def called(*arguments):
    return CliRunner().invoke(simulate, [str(argument) for argument in arguments])


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_scenario_that_comes_with_it_can_be_read(path):
    scenario = read_scenario(path)
    assert (scenario.name, scenario.autoscalers[0].name) == (path.stem, "Maré")


def test_a_scenario_that_comes_with_it_is_found_by_its_name():
    result = called("square-40s", "--markdown")
    assert result.exit_code == 0
    assert result.output.startswith("### square-40s")
    unknown = called("stready")
    assert unknown.exit_code == 1
    assert "Did you mean steady?" in unknown.output
    assert "Scenarios: amqp-only, bimodal, " in called("zzz").output


def test_a_line_fits_the_terminal_and_omitted_columns_are_named(short, monkeypatch):
    wide = called(short).output.splitlines()
    monkeypatch.setattr(Terminal, "columns", 80)
    lines = called(short).output.splitlines()
    assert max(map(len, wide)) == 122
    assert max(map(len, lines)) <= 80
    assert [line.split() for line in lines[2:4]] == [
        ["wait", "largest", "ended"],
        ["autoscaler", "p50", "p95", "p99", "max", "replica-s", "reversals", "backlog", "busy"],
    ]
    assert " ".join(lines[8:]).strip() == (
        "Without at work, changes, redelivered: the terminal is narrow. --json prints all."
    )


@pytest.mark.parametrize("width", [120, 100, 80, 66])
def test_the_longest_names_and_numbers_fit(width: int):
    largest = {each.name: 99_999.0 for each in fields(Result) if each.type is float} | {
        "replica_seconds": 9_999_999.0
    }
    result = Result(autoscaler="Maré without forecast", changes=(), samples=(), **largest)
    lines = table([result], width).splitlines()
    assert max(map(len, lines)) <= width
    assert lines[1].split()[:3] == ["autoscaler", "p50", "p95"]


def test_each_autoscaler_is_read_with_its_own_fields(short):
    ours, length, keda, hpa = read_scenario(short).autoscalers
    assert ours.settings.targets == (QueueWaitTime(wait_seconds=5),)
    assert length.settings.targets == (QueueLength(messages_per_replica=20),)
    assert ours.settings.max_replicas == 30
    assert isinstance(keda.settings, KedaSettings)
    assert keda.settings.behavior is not None  # {} is not the same as nothing
    assert hpa.settings == HpaSettings(cpu_percent=70)


def test_the_table_has_every_autoscaler(short):
    result = called(short)
    assert result.exit_code == 0
    assert all(name in result.output for name in ("ours", "length", "keda", "hpa"))


def test_the_same_seed_gives_the_same_figures_and_another_gives_others(short):
    first, again, other = (called(short, "--json", *more) for more in ((), (), ("--seed", "9")))
    assert first.output == again.output
    assert first.output != other.output


def test_json_has_every_change_with_its_reason(short):
    report = json.loads(called(short, "--json").output)
    ours = report["results"][0]
    assert ours["autoscaler"] == "ours"
    assert ours["changes"][0]["message"].startswith(f"1 → {ours['changes'][0]['after']} replicas")


def test_decisions_are_listed_on_request(short):
    assert "replicas: " in called(short, "--decisions").output


def test_means_of_seeds_and_a_table_for_a_page(short):
    assert "| ours |" in called(short, "--markdown", "--seeds", "2").output


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_plot_is_drawn(short, tmp_path, suffix):
    plot = tmp_path / f"plot.{suffix}"
    assert called(short, "--plot", plot).exit_code == 0
    assert plot.read_bytes()[:4] in {b"\x89PNG", b"<svg"}
    assert called(short, "--plot", tmp_path / "plot.gif").exit_code == 1


KINDS = ("constant", "points", "square", "sine", "bursts", "recorded")


def mistakes(tmp_path, text):
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    assert called(path).exit_code == 1
    return str(caught.value).replace(str(path), "wrong.yaml")


def test_all_values_of_the_wrong_shape_are_reported_together(tmp_path):
    assert mistakes(
        tmp_path,
        "seconds: -1\nload: [{kind: sawtooth}, {kind: constant, rate: x, low: 3}, {kind: sine}]\n"
        "worker: {serviceSeconds: 0, workers: 0}\n"
        "autoscalers:\n- {mare: {}}\n- {name: d, mare: 5}\nspeed: 3\n",
    ).splitlines() == [
        "wrong.yaml:1: seconds has to be above 0",
        f"wrong.yaml:2: load[0].kind has to be one of {', '.join(KINDS)}",
        "wrong.yaml:2: load[1].low has to be one of kind, rate",
        "wrong.yaml:2: load[1].rate has to be a number, without quotes",
        "wrong.yaml:2: load[2].high is missing; add it",
        "wrong.yaml:2: load[2].low is missing; add it",
        "wrong.yaml:2: load[2].periodSeconds is missing; add it",
        "wrong.yaml:3: worker.serviceSeconds has to be above 0",
        "wrong.yaml:3: worker.workers has to be at least 1",
        "wrong.yaml:5: autoscalers[0].name is missing; add it",
        "wrong.yaml:6: autoscalers[1].mare has to be a mapping",
        "wrong.yaml:7: speed is not a known field; did you mean seed?",
    ]


PREFETCH = "has to be at least workers, or 0 for no limit: otherwise some workers never get"
SMALL = "seconds: 9\nload: [{kind: constant, rate: 1}]\n"


def test_all_contradictions_are_reported_together(tmp_path):
    assert mistakes(
        tmp_path,
        f"{SMALL}worker: {{serviceSeconds: 1, distribution: pareto, workers: 4, prefetch: 2}}\n"
        "minReplicas: 5\nmaxReplicas: 4\nautoscalers:\n- {name: a}\n",
    ).splitlines() == [
        f"wrong.yaml:3: worker.prefetch {PREFETCH} a message",
        "wrong.yaml:3: worker.variation has to be above 1 for pareto: otherwise there is no mean",
        "wrong.yaml:5: maxReplicas has to be at least minReplicas",
        "wrong.yaml:7: autoscalers[0] needs one of mare, keda and hpa",
    ]


def test_all_mistakes_of_policies_are_reported_together(tmp_path):
    found = mistakes(
        tmp_path,
        f"{SMALL}worker: {{serviceSeconds: 1}}\nautoscalers:\n"
        "- {name: b, mare: {target: {type: QueueLength}}}\n"
        "- {name: c, mare: {behaviour: {}, minReplicas: 20, targets: [{typ: QueueLength}]}}\n"
        "- {name: e, mare: {minReplicas: 20, maxReplicas: 3}}\n"
        "- {name: f, keda: {behavior: {scaleUp: {speed: 3}}}}\n"
        "- {name: g, mare: {schedules: [{start: 0 25 * * *, end: 0 8 * * *, minReplicas: 2}]}}\n",
    )
    for sentence in (
        "5: autoscalers[0].mare.target QueueLength needs messagesPerReplica",
        "6: autoscalers[1].mare.behaviour is not a known field; did you mean behavior?",
        "6: autoscalers[1].mare.targets[0].typ is not a known field; did you mean type?",
        "7: autoscalers[2].mare.minReplicas minReplicas is larger than maxReplicas",
        "8: autoscalers[3].keda.behavior.scaleUp.speed is not a known field",
        "9: autoscalers[4].mare.schedules[0] start '0 25 * * *' is no",
    ):
        assert sentence in found


@pytest.mark.parametrize("figure", [".inf", ".nan", f"1{'0' * 400}"])
@pytest.mark.parametrize(
    "line",
    [
        "seconds: {}",
        "initialReplicas: {}",
        "load: [{{kind: constant, rate: {}}}]",
        "load: [{{kind: points, points: [[0, {}]]}}]",
        "load: [{{kind: bursts, messages: 1, at: [{}]}}]",
        "worker: {{serviceSeconds: {}}}",
        "worker: {{serviceSeconds: 1, workers: {}}}",
    ],
)
def test_infinity_and_nan_are_refused(tmp_path, line, figure):
    whole = {"seconds": 60, "load": [{"kind": "constant", "rate": 1}]}
    whole |= {"worker": {"serviceSeconds": 1}} | yaml.safe_load(line.format(figure))
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(whole))
    answer = called(path)
    assert answer.exit_code == 1
    assert "is not valid" in answer.output


def test_a_replica_has_a_whole_number_of_workers(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(
        "seconds: 60\nload: [{kind: constant, rate: 1}]\n"
        "worker: {serviceSeconds: 1, workers: 0.5}\n"
    )
    assert "worker.workers has to be a whole number" in called(path).output


def test_a_recorded_load_is_replayed(tmp_path):
    (tmp_path / "load.csv").write_text("second,messages\n0,10\n10,0\n20,30\n")
    path = tmp_path / "recorded.yaml"
    path.write_text(
        "seconds: 30\nload: [{kind: recorded, file: load.csv}]\nworker: {serviceSeconds: 0.1}\n"
    )
    arrivals, _ = generate_messages(read_scenario(path))
    assert len(arrivals) == 40
    assert not [moment for moment in arrivals if 10 <= moment < 20]


@pytest.mark.nightly  # a busy machine is slower
def test_an_hour_of_ten_services_takes_seconds():
    scenario = Scenario(
        name="service",
        seconds=3600,
        load=Load(rates=(Points(((0.0, 10.0),)),)),
        worker=Worker(service_seconds=0.5),
        autoscalers=(),
    )
    autoscaler = SimulatedAutoscaler("Maré", ScalingSpec(max_replicas=30))
    began = time.process_time()
    for seed in range(10):
        service = replace(scenario, seed=seed)
        assert run_simulation(service, autoscaler, *generate_messages(service)).messages > 35_000
    assert time.process_time() - began < 30  # 5 s on an idle machine, with room for a busy one


@pytest.mark.parametrize(
    "part",
    ["{kind: constant, rate: 1.0e+9}", "{kind: bursts, messages: 30000000, at: [1]}"],
)
def test_too_many_messages_are_refused(tmp_path, part):
    path = tmp_path / "much.yaml"
    path.write_text(f"seconds: 60\nload: [{part}]\nworker: {{serviceSeconds: 1}}\n")

    with pytest.raises(InputError, match=r"load has \S+ messages; the limit is 20,000,000"):
        read_scenario(path)


def test_each_mare_is_compared_with_itself_without_its_forecast(short):
    names = [
        line.split("  ")[0]
        for line in called(short, "--without-forecast").output.splitlines()
        if line.startswith("ours")
    ]
    assert names == ["ours", "ours without forecast"]
