"""What other values of waitSeconds would have cost, and which are worth considering."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from mare.cli import mare
from mare.domain.spec import QueueLength, QueueWaitTime, ScalingSpec
from mare.simulation.advice import Setting, choose, with_waits
from mare.simulation.advice_plot import advice_svg
from mare.simulation.advice_text import advice_text
from mare.simulation.comparison import run_simulation
from mare.simulation.folding import fold
from mare.simulation.reading import packaged, read_scenario
from mare.simulation.simulation import generate_messages
from mare.simulation.wait_settings import own_wait, with_wait
from tests.proc import children

CURVE = {
    0.5: (0.3, 12.0),
    1: (0.35, 11.5),
    2: (0.9, 10.0),
    5: (2.5, 7.0),
    10: (6, 6.5),
    30: (20, 6),
}


def setting(wait, p95, hours, *, now=False, at_maximum=0.0):
    return Setting(
        wait_seconds=wait,
        target="QueueLength" if wait is None else "QueueWaitTime",
        is_now=now,
        wait_p50=0.0,
        wait_p95=p95,
        wait_p99=2 * p95,
        replica_hours=hours,
        share_at_maximum=at_maximum,
    )


def curve(now=2, figures=CURVE):
    return [setting(wait, *each, now=wait == now) for wait, each in figures.items()]


def test_the_quickest_the_balance_and_the_cheapest_within_the_own_wait_are_advised():
    advice = choose(curve(now=10))
    assert {role: each.wait_seconds for role, each in advice.chosen} == {
        "quickest": 1,  # 0.05 s more than the least is as quick, for less
        "balance": 5,
        "cheapest": 10,
    }
    assert advice.within == 10


def test_the_limit_is_what_waits_are_now_if_they_are_longer_than_asked_for():
    advice = choose([setting(2, 3.2, 5.0, now=True), setting(5, 3.1, 4.0), setting(10, 6.0, 3.9)])
    assert advice.within == 3.2
    assert advice.cheapest_within.wait_seconds == 5


def test_a_given_limit_may_be_too_short_for_all():
    advice = choose(curve(), within=0.1)
    assert advice.cheapest_within is None
    assert "No setting keeps 95 % of the waits within 0.1 s." in text_of(advice)


def test_settings_that_cost_the_same_give_the_quicker_one():
    same = {2: (1.0, 10.0), 5: (3.0, 10.0), 10: (8.0, 9.99)}
    assert choose(curve(figures=same), within=20).cheapest_within.wait_seconds == 2


def test_what_the_object_has_is_advised_rather_than_what_is_no_better():
    advice = choose([setting(1, 6.5, 10.0), setting(2, 6.6, 9.99, now=True), setting(60, 14, 8)])
    assert {role: each.wait_seconds for role, each in advice.chosen} == {
        "quickest": 2,
        "cheapest": 2,
        "least": 60,
    }


def test_a_straight_line_has_no_balance():
    straight = {2: (1.0, 10.0), 10: (5.0, 8.0), 30: (9.0, 6.0)}
    assert choose(curve(figures=straight)).balance is None


def text_of(advice, name="steady"):
    scenario = read_scenario(packaged()[name])
    return advice_text(scenario, fold(scenario), advice)


def test_the_text_marks_what_is_now_and_compares_with_it():
    text = text_of(choose(curve(now=10)))
    rows = {line.split()[0]: line for line in text.splitlines() if line[:1].isdecimal()}
    assert rows["10"].endswith("now")
    assert rows["5"].endswith("+8 %")
    assert (
        "- Best balance: waitSeconds 5. 95 % of the messages wait at most 2.50 s instead of 6.00 s,"
        " for 7 replica-hours, 8 % more than now." in text
    )
    assert "- Cheapest with 95 % of the waits within 10 s: waitSeconds 10, as it is now." in text


def test_a_setting_with_two_roles_is_one_line():
    text = text_of(choose(curve(now=10), within=3))
    assert text.count("waitSeconds 5.") == 1
    assert "- Best balance and cheapest with 95 % of the waits within 3 s: waitSeconds 5." in text


def test_a_load_to_which_no_wait_matters_is_said_to_be_one():
    flat = {2: (0.0, 10.0), 30: (0.05, 10.1)}
    text = text_of(choose(curve(figures=flat)))
    assert "waitSeconds makes no difference to this load" in text
    assert "all settings wait" not in text, "the longest 5 % of the waits can differ"


def test_the_text_names_other_limits_of_the_wait():
    limited = [setting(2, 9.0, 5.0, now=True, at_maximum=0.3), setting(10, 12.0, 4.0)]
    text = text_of(choose(limited))
    assert "maxReplicas" not in text_of(choose([setting(2, 0.1, 5.0, now=True, at_maximum=1.0)]))
    assert "maxReplicas 30 is reached in 30 % of the time" in text
    assert "A replica starts in 3 s" in text


def test_another_target_is_a_point_of_its_own():
    scenario = read_scenario(packaged()["queue-length"])
    own, *others = with_waits(scenario).autoscalers
    assert own_wait(own.settings) is None
    assert [own_wait(each.settings) for each in others] == [0.5, 1, 2, 5, 10, 30, 60]
    advice = choose([*curve(now=None), setting(None, 4.0, 8.0, now=True)])
    assert advice.within == 10
    text = text_of(advice)
    assert "waitSeconds 1." in text
    assert "QueueLength" in text
    svg = advice_svg(scenario, advice)
    assert "QueueLength (now)" in svg
    assert svg.count("<circle") == 7


def test_only_the_wait_of_the_settings_changes():
    spec = ScalingSpec(min_replicas=2, max_replicas=9, cooldown_seconds=5)
    assert with_wait(spec, 30) == replace(spec, targets=(QueueWaitTime(wait_seconds=30),))
    length = replace(spec, targets=(QueueLength(messages_per_replica=5),))
    assert with_wait(length, 30).targets == (QueueWaitTime(wait_seconds=30),)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The first 20 minutes of a recorded load of the package."""
    llm = packaged()["llm-code-s3"]
    fields = yaml.safe_load(llm.read_text("utf-8"))
    load = [{"kind": "recorded", "csv": (llm.parent / "llm-code.csv").read_text("utf-8")}]
    path = tmp_path_factory.mktemp("advise") / "llm.yaml"
    path.write_text(yaml.safe_dump({**fields, "load": load, "seconds": 1_200}))
    return path


@pytest.fixture(scope="module")
def advised(recorded):
    """The advice on a recorded load, and its plot."""
    plot = recorded.with_suffix(".svg")
    result = CliRunner().invoke(mare, ["advise", str(recorded), "--json", "--plot", str(plot)])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout), plot.read_text()


def simulated(path, wait, seed):
    """The p95 wait and the replica-hours of a waitSeconds on the same load, by `mare simulate`."""
    scenario = read_scenario(path, seed)
    spec = with_wait(scenario.autoscalers[0].settings, wait)
    own = replace(scenario.autoscalers[0], settings=spec)
    result = run_simulation(scenario, own, *generate_messages(scenario))
    return result.wait_p95, result.replica_seconds / 3600


def test_the_advice_on_a_recorded_load_holds_when_it_is_simulated(advised, recorded):
    report, _ = advised
    figures = {each["waitSeconds"]: each for each in report["settings"]}
    advice, now = report["advice"], next(e for e in report["settings"] if e["now"])
    checked = {
        wait: simulated(recorded, wait, seed=7) for wait in {*advice.values(), now["waitSeconds"]}
    }
    for wait, (p95, hours) in checked.items():
        # Over eight seeds the standard deviation of the hours is 10 % of them.
        assert hours == pytest.approx(figures[wait]["replicaHours"], rel=0.3), wait
        assert p95 == pytest.approx(figures[wait]["waitP95"], rel=0.3, abs=0.3), wait
    p95_now, hours_now = checked[now["waitSeconds"]]
    assert checked[advice["balance"]][1] < 0.95 * hours_now
    assert checked[advice["quickest"]][0] < p95_now
    assert checked[advice["cheapest"]][0] < 1.2 * report["within"]


def test_the_plot_shows_each_setting_and_marks_the_advised_ones(advised):
    report, svg = advised
    assert svg.count("<circle") == len(report["settings"])
    assert "2 s (now" in svg
    assert "(best balance)" in svg


def called(*arguments):
    return CliRunner().invoke(mare, ["advise", *map(str, arguments)])


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ("", "The load has no messages"),
        # A counter of the broker jumped while it was recorded.
        (
            "0,5\\n5,1000000000000",
            "The load has 1e+12 messages in a time that cannot be made shorter",
        ),
    ],
)
def test_a_load_without_messages_or_with_too_many_has_no_advice(tmp_path, counts, text):
    path = tmp_path / "load.yaml"
    path.write_text(
        f'seconds: 60\nload: [{{kind: recorded, csv: "second,messages\\n{counts}"}}]\n'
        "worker: {serviceSeconds: 1}\n"
    )
    result = called(path)
    assert result.exit_code == 1
    assert text in result.output


def test_a_scenario_without_own_settings_has_no_advice(tmp_path):
    path = tmp_path / "keda.yaml"
    path.write_text(
        "seconds: 60\nload: [{kind: constant, rate: 1}]\nworker: {serviceSeconds: 1}\n"
        "autoscalers: [{name: k, keda: {}}]\n"
    )
    assert "no autoscaler of kind mare" in called(path).output


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["missing.yaml"], "There is no file missing.yaml"),
        (["small", "--last", "1h"], "--last is for a NAME"),
        (["worker", "--last", "5"], "write a duration"),
        (["worker", "--dashboard", "ftp://x"], "write a URL"),
    ],
)
def test_mistakes_name_their_correction(arguments, text):
    result = called(*arguments)
    assert result.exit_code == 1
    assert text in result.output


def test_a_name_close_to_that_of_a_scenario_is_recognized(monkeypatch, tmp_path):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    result = called("llm-code-s9")
    assert result.exit_code == 1
    assert "Did you mean the scenario llm-code-s3?" in result.output


def test_a_limit_that_is_no_number_is_refused(recorded):
    result = called(recorded, "--within", "nan")
    assert result.exit_code == 1
    assert "has to be a number of seconds" in result.output


def test_a_short_load_is_to_be_checked_with_another_seed(recorded):
    scenario = with_waits(read_scenario(recorded))
    waits = [(own_wait(each.settings), 1.0) for each in scenario.autoscalers]
    found = [setting(wait, p95, 2.0 - wait / 100, now=wait == 2) for wait, p95 in waits]
    advice = choose(sorted(found, key=lambda each: each.wait_seconds))
    assert "check with another --seed" in advice_text(scenario, fold(scenario), advice)
    long = replace(scenario, seconds=7200)
    assert "--seed" not in advice_text(long, fold(long), advice)


def test_ctrl_c_ends_it_without_a_traceback_while_its_processes_start(recorded):
    command = [sys.executable, "-m", "mare", "advise", str(recorded)]
    advising = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while not any(
        b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()
        for each in children(advising.pid)
    ):
        assert advising.poll() is None
    os.killpg(advising.pid, signal.SIGINT)
    _, shown = advising.communicate(timeout=60)
    assert "Aborted!" in shown
    assert "Traceback" not in shown
