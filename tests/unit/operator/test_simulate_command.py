"""The command, its scenario files and its promise of speed."""

import json
import time
from dataclasses import replace

import pytest
import yaml
from click.testing import CliRunner

from mare.cli.simulate import simulate
from mare.domain.policy import Policy, QueueLength, QueueWaitTime
from mare.simulation.contest import run
from mare.simulation.fields import InvalidScenario
from mare.simulation.load import Load, Points
from mare.simulation.packaged import packaged
from mare.simulation.reading import read_scenario
from mare.simulation.scenario import Contender, HpaSettings, KedaSettings, Scenario, Worker
from mare.simulation.world import messages_of

SCENARIOS = list(packaged().values())
SHORT = """
name: short
description: A short one.
seconds: 120
load: [{kind: constant, rate: 20}, {kind: bursts, messages: 100, at: [60]}]
worker: {serviceSeconds: 0.5}
contenders:
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
    assert scenario.name == path.stem
    assert len(scenario.contenders) == 5


def test_a_scenario_that_comes_with_it_is_found_by_its_name():
    result = called("steady", "--markdown")
    assert result.exit_code == 0
    assert result.output.startswith("### steady")
    unknown = called("stready")
    assert unknown.exit_code == 2
    assert "no scenario among bursts, heavy-tailed, " in unknown.output


def test_contenders_are_read_in_their_own_words(short):
    ours, length, keda, hpa = read_scenario(short).contenders
    assert ours.settings.targets == (QueueWaitTime(wait_seconds=5),)
    assert length.settings.targets == (QueueLength(messages_per_replica=20),)
    assert ours.settings.max_replicas == 30
    assert isinstance(keda.settings, KedaSettings)
    assert keda.settings.behavior is not None  # {} is not the same as nothing
    assert hpa.settings == HpaSettings(cpu_percent=70)


def test_the_table_names_every_contender(short):
    result = called(short)
    assert result.exit_code == 0
    assert all(name in result.output for name in ("ours", "length", "keda", "hpa"))


def test_the_same_seed_gives_the_same_figures_and_another_gives_others(short):
    first, again, other = (called(short, "--json", *more) for more in ((), (), ("--seed", "9")))
    assert first.output == again.output
    assert first.output != other.output


def test_json_has_every_change_with_its_reason(short):
    told = json.loads(called(short, "--json").output)
    ours = told["results"][0]
    assert ours["contender"] == "ours"
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
    assert called(short, "--plot", tmp_path / "plot.gif").exit_code == 2


def test_all_mistakes_are_told_at_once(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(
        "seconds: -1\nload: [{kind: sawtooth}, {kind: constant, rate: x, rats: 3}]\n"
        "worker: {serviceSeconds: 0, distribution: pareto, workers: 4, prefetch: 2}\n"
        "contenders:\n- {name: a}\n- {name: b, mare: {target: {type: QueueLength}}}\n"
        "- {name: c, mare: {behaviour: {}, minReplicas: 20, targets: [{typ: QueueLength}]}}\n"
        "- {name: d, mare: 5}\n- {name: e, mare: {minReplicas: 20, maxReplicas: 3}}\n"
        "- {name: f, keda: {behavior: {scaleUp: {speed: 3}}}}\n"
        "- {name: g, mare: {schedules: [{start: 0 25 * * *, end: 0 8 * * *, minReplicas: 2}]}}\n"
        "speed: 3\n"
    )
    with pytest.raises(InvalidScenario) as caught:
        read_scenario(path)
    told = "\n".join(caught.value.problems)
    for word in (
        "seconds has to be above 0",
        "load[0].kind has to be one of",
        "load[1].rate has to be a number",
        "load[1].rats is not known here",
        "worker.serviceSeconds",
        "worker.variation has to be above 1",
        "worker.prefetch",
        "contenders[0].name needs one of",
        "contenders[1].mare.target QueueLength needs messagesPerReplica",
        "contenders[2].mare.behaviour is not a known field; did you mean behavior?",
        "contenders[2].mare.targets[0].typ is not a known field; did you mean type?",
        "contenders[3].mare has to be a mapping",
        "contenders[4].mare.minReplicas minReplicas is larger than maxReplicas",
        "contenders[5].keda.behavior.scaleUp.speed is not a known field",
        "contenders[6].mare.schedules[0] is wrong: start '0 25 * * *' is no cron expression",
        "speed is not known here",
    ):
        assert word in told
    assert called(path).exit_code == 1


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
def test_a_figure_that_nothing_can_be_reckoned_with_is_refused(tmp_path, line, figure):
    whole = {"seconds": 60, "load": [{"kind": "constant", "rate": 1}]}
    whole |= {"worker": {"serviceSeconds": 1}} | yaml.safe_load(line.format(figure))
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(whole))
    answer = called(path)
    assert answer.exit_code == 1
    assert "is not a scenario" in answer.output


def test_a_worker_has_at_least_one_place(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(
        "seconds: 60\nload: [{kind: constant, rate: 1}]\n"
        "worker: {serviceSeconds: 1, workers: 0.5}\n"
    )
    assert "worker.workers has to be a whole number" in called(path).output
    path.write_text(path.read_text().replace("0.5", "0"))
    assert "worker.workers has to be at least 1" in called(path).output


def test_a_recorded_load_is_replayed(tmp_path):
    (tmp_path / "load.csv").write_text("second,messages\n0,10\n10,0\n20,30\n")
    path = tmp_path / "recorded.yaml"
    path.write_text(
        "seconds: 30\nload: [{kind: recorded, file: load.csv}]\nworker: {serviceSeconds: 0.1}\n"
    )
    arrivals, _ = messages_of(read_scenario(path))
    assert len(arrivals) == 40
    assert not [moment for moment in arrivals if 10 <= moment < 20]


def test_a_file_that_is_not_yaml_is_told(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("a: [")
    assert "is not YAML" in called(path).output


def test_an_hour_of_ten_services_takes_seconds():
    scenario = Scenario(
        name="service",
        seconds=3600,
        load=Load(rates=(Points(((0.0, 10.0),)),)),
        worker=Worker(service_seconds=0.5),
        contenders=(),
    )
    contender = Contender("Maré", Policy(max_replicas=30))
    began = time.process_time()
    for seed in range(10):
        service = replace(scenario, seed=seed)
        assert run(service, contender, *messages_of(service)).messages > 35_000
    assert time.process_time() - began < 10  # 5 s on an idle machine, with room for a busy one


@pytest.mark.parametrize(
    "part",
    ["{kind: constant, rate: 1.0e+9}", "{kind: bursts, messages: 30000000, at: [1]}"],
)
def test_more_messages_than_can_be_replayed_are_refused(tmp_path, part):
    path = tmp_path / "much.yaml"
    path.write_text(f"seconds: 60\nload: [{part}]\nworker: {{serviceSeconds: 1}}\n")

    with pytest.raises(InvalidScenario, match=r"load is \S+ messages; at most are 20,000,000"):
        read_scenario(path)


SLOW_READY = """
seconds: 600
load: [{kind: square, low: 4, high: 64, periodSeconds: 300}]
worker: {serviceSeconds: 0.5, startSeconds: 30, readySeconds: READY}
contenders: [{name: ours, mare: {}}]
"""


def cost(path, ready_seconds):
    path.write_text(SLOW_READY.replace("READY", str(ready_seconds)))
    scenario = read_scenario(path)
    return run(scenario, scenario.contenders[0], *messages_of(scenario)).replica_seconds


@pytest.mark.parametrize("ready_seconds", [0, 5, 900])
def test_when_a_pod_says_it_is_ready_costs_nothing(tmp_path, ready_seconds):
    path = tmp_path / "slow.yaml"
    assert cost(path, ready_seconds) == cost(path, 30)


def test_idle_only_shrinks_as_replicas_become_idle(tmp_path):
    path = tmp_path / "idle.yaml"
    path.write_text(
        "seconds: 300\nload: [{kind: bursts, messages: 80, at: [10]}]\n"
        "worker: {serviceSeconds: 20, variation: 1, workers: 1}\nmaxReplicas: 80\n"
        "contenders:\n- name: ours\n  mare:\n    minReplicas: 0\n"
        "    target: {type: QueueLength, messagesPerReplica: 1, queues: [work]}\n"
        "    behavior: {scaleDown: {victimPolicy: IdleOnly, stabilizationWindowSeconds: 0}}\n"
    )
    scenario = read_scenario(path)
    result = run(scenario, scenario.contenders[0], *messages_of(scenario))
    shrinking = [change for change in result.changes if change.after < change.before]
    assert len(shrinking) > 3
    assert (shrinking[-1].after, result.redelivered) == (0, 0)
