"""`mare`: a fast --help, and the same exit code for the same mistake in every subcommand."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from mare.cli import COMMANDS, mare


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
