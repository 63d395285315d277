"""Mistakes at the command line: what was meant, and input that is empty."""

import asyncio
import io
import logging
from pathlib import Path

import pytest
from click.testing import CliRunner

from mare.cli import mare
from mare.custom_resource.autoscaler import read_autoscaler
from mare.local_run.terminal import Terminal, TerminalEvents, TerminalObjects, log_to_terminal
from tests.unit.operator_loop.worlds import body


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["simualte", "square"], "Did you mean simulate?"),
        (["simulate", "square", "--sede", "2"], "--seed"),
    ],
)
def test_a_misspelt_word_names_the_one_that_was_meant(arguments: list[str], meant: str) -> None:
    shown = CliRunner().invoke(mare, arguments)
    assert shown.exit_code == 1
    assert meant in shown.output


def test_a_misspelt_value_of_an_enumeration_names_the_one_that_was_meant(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(
        "name: x\nseconds: 60\nworker: {serviceSeconds: 1, distribution: LogNorml}\n"
        "load: [{kind: constant, rate: 1}]\n"
    )
    shown = CliRunner().invoke(mare, ["simulate", str(file)])
    assert shown.exit_code == 1
    assert "pareto, bimodal; did you mean lognormal?" in shown.output


def test_a_misspelt_kind_of_our_own_group_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "mare.yaml"
    file.write_text(
        "commands: {worker: sleep 5}\n---\napiVersion: mare.dev/v1alpha1\n"
        "kind: QueueAutoscalr\nmetadata: {name: worker}\n"
    )
    shown = CliRunner().invoke(mare, ["local", str(file)])
    assert shown.exit_code == 1
    assert f"{file}:4: kind must be QueueAutoscaler" in shown.output


def test_quiet_names_a_command_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mare.yaml"
    file.write_text("commands: {worker: sleep 5}\n")
    shown = CliRunner().invoke(mare, ["local", str(file), "--quiet", "wroker"])
    assert shown.exit_code == 1
    assert "is wroker, but the commands are worker" in shown.output


def test_the_output_of_a_quiet_command_is_not_shown_but_its_end_is() -> None:
    stream = io.StringIO()
    events = TerminalEvents(Terminal(stream), ["worker"])
    events.wrote("worker-1", "noise")
    events.wrote("other-1", "shown")
    events.ended("worker-1", 3, 0.5)
    assert "noise" not in stream.getvalue()
    assert "shown" in stream.getvalue()
    assert "worker-1    ended with exit code 3; restarts in 0.5 s" in stream.getvalue()


def test_a_condition_that_has_passed_is_taken_back() -> None:
    def status(value: str, reason: str) -> dict[str, object]:
        condition = {"type": "MetricsFresh", "status": value, "reason": reason, "message": reason}
        return {"conditions": [condition]}

    stream = io.StringIO()
    objects, worker = TerminalObjects(Terminal(stream)), read_autoscaler(body())
    for value, reason in (
        ("True", "Fresh"),
        ("False", "Away"),
        ("True", "PartlyFresh"),
        ("True", "Known"),
    ):
        asyncio.run(objects.write_status(worker, "1", status(value, reason)))
        asyncio.run(objects.write_status(worker, "1", {"operator": "another"}))
    assert [line.split(maxsplit=3)[2:] for line in stream.getvalue().splitlines()] == [
        ["worker", "resolved: Known"]
    ]


def test_a_warning_that_repeats_is_shown_once() -> None:
    stream, log = io.StringIO(), logging.getLogger("mare.test")
    before = logging.getLogger().handlers[:]
    try:
        log_to_terminal(Terminal(stream))
        for text in ("away", "away", "late", "away"):
            log.warning(text)
    finally:
        logging.getLogger().handlers[:] = before
    assert [line.split()[-1] for line in stream.getvalue().splitlines()] == ["away", "late", "away"]
