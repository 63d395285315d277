"""`mare`: a fast --help, and the same exit code for the same mistake in every subcommand."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from mare.cli import COMMANDS, mare


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    """Restore the root logger, which `mare run` configures."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


def test_help_imports_no_subcommand() -> None:
    program = (
        "import sys; from mare.cli import mare; mare(['--help'], standalone_mode=False);"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in"
        " {'kopf', 'kubernetes', 'aiohttp', 'yaml', 'mare'}))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert shown.stdout.decode().splitlines()[-1] == "['mare', 'mare.cli']"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_subcommand_has_its_summary_in_the_help(name: str) -> None:
    _, summary = COMMANDS[name]
    assert f"{name}" in CliRunner().invoke(mare, ["--help"], terminal_width=200).output
    assert summary in CliRunner().invoke(mare, ["--help"], terminal_width=200).output
    assert isinstance(mare.get_command(click.Context(mare), name), click.Command)


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_ends_every_subcommand_with_code_1(name: str) -> None:
    assert CliRunner().invoke(mare, [name, "--no-such-option"]).exit_code == 1


@pytest.mark.parametrize("arguments", [["--no-such-option"], ["no-such-command"], ["local"]])
def test_other_usage_errors_end_with_code_1(arguments: list[str]) -> None:
    assert CliRunner().invoke(mare, arguments).exit_code == 1


DEFINITION = "kind: CustomResourceDefinition\nmetadata: {name: x}\n"
KUBECONFIG = "apiVersion: v1\nkind: Config\n"


def run_with_kubeconfig(kubeconfig: Path, command: str, *arguments: str) -> Result:
    runner = CliRunner(env={"KUBECONFIG": str(kubeconfig)})
    return runner.invoke(mare, [command, *arguments], input=DEFINITION)


@pytest.mark.parametrize("command", [["run"], ["apply-crd", "-"], ["explain", "worker"]])
@pytest.mark.parametrize("content", [None, "", KUBECONFIG])
def test_without_a_cluster_a_command_ends_with_one_sentence(
    tmp_path: Path, content: str | None, command: list[str]
) -> None:
    kubeconfig = tmp_path / "config"
    if content is not None:
        kubeconfig.write_text(content)
    result = run_with_kubeconfig(kubeconfig, *command)
    assert result.exit_code == 1
    assert result.output.startswith("Error: No cluster is configured: ")
    assert result.output.count("\n") == 1
    assert str(kubeconfig) in result.output


def test_an_unknown_context_is_named(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(KUBECONFIG)
    result = run_with_kubeconfig(kubeconfig, "explain", "worker", "--context", "no-such")
    assert "has no usable context no-such" in result.output
