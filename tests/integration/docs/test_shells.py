"""The commands of the pages mean the same in bash and in an interactive zsh, which macOS has."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from local.packages import may_install, unpack
from mare.convert.migration import steps
from tests.unit.operator_convert.test_convert_examples import NAMES, _convert

DOCS = Path(__file__).parents[3] / "docs"
PAGES = sorted(each.name for each in DOCS.glob("*.md") if "```console" in each.read_text())
pytestmark = pytest.mark.nightly

SHOWING = """
show() {
  printf '%s' "$1"
  shift
  for word; do
    case $word in (*/fd/*) word="${word%%=/*}=$(< "${word##*=}")" ;; esac
    printf ' <%s>' "$word"
  done
  printf '\\n'
}
read() { URI=amqp://u:p@h MANAGEMENT_URI=http://u:p@h; }
command_not_found_handle() { show "$@"; }
command_not_found_handler() { show "$@"; }
"""
"""Any program prints its name and arguments; a file of a process substitution is read. A URI that a
command asks for is there: the lines that follow are not typed for it."""
_END = "\n--- end\n"


@pytest.fixture(scope="module")
def zsh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if own := shutil.which("zsh"):
        return Path(own)
    if not may_install():
        pytest.skip("zsh is not installed, and only root can install packages")
    folder = tmp_path_factory.mktemp("zsh")
    unpack("zsh", folder)
    return folder / "bin/zsh"


@pytest.fixture(scope="module")
def bash() -> Path:
    return Path(shutil.which("bash") or "/bin/bash")


def commands_of(page: str) -> Iterator[str]:
    """Yield each command of the page, with the lines that continue it."""
    for block in re.findall(r"```console\n(.*?)```", (DOCS / page).read_text(), re.DOTALL):
        lines = iter(block.splitlines())
        for line in lines:
            if line.startswith("$ "):
                command = line.removeprefix("$ ")
                while not _is_complete(command):
                    command += f"\n{next(lines)}"
                yield command


def _is_complete(command: str) -> bool:
    try:
        shlex.split(command)
    except ValueError:  # a quotation goes on
        return False
    return not command.endswith("\\")


def shown_by(shell: Path, commands: Sequence[str], home: Path) -> list[str]:
    """Return what a shell without settings makes of each command that its user types."""
    interactive = {
        "zsh": ("-f", "-i", "-s"),
        "bash": ("--norc", "--noprofile", "-O", "expand_aliases", "-s"),
    }
    # As typed: in a string, zsh takes comments also without the option interactive_comments.
    typed = "".join(f"{command}\nprintf '\\n--- end\\n'\n" for command in commands)
    ended = subprocess.run(
        [str(shell), *interactive[shell.name]],
        cwd=home,
        env={"PATH": str(home / "no-programs"), "HOME": str(home), "NAME": "worker"},
        input=SHOWING + typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.stdout.split(_END)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("mare/bin/activate", ".venv/bin/activate", ".venv/bin/python"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def test_the_check_finds_what_only_bash_takes(zsh: Path, bash: Path, home: Path):
    for command in ("echo one # two", "echo is-there?", "echo [ab]"):
        assert shown_by(zsh, [command], home) != shown_by(bash, [command], home), command


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_a_page_are_the_same_in_bash_and_zsh(
    page: str, zsh: Path, bash: Path, home: Path
):
    commands = list(commands_of(page))

    assert shown_by(zsh, commands, home) == shown_by(bash, commands, home)


@pytest.mark.parametrize("name", NAMES)
def test_commands_of_mare_convert_are_the_same_in_bash_and_zsh(
    name: str, zsh: Path, bash: Path, home: Path
):
    commands = [each for step in steps(_convert(name)) for each in (*step.commands, step.back)]

    assert shown_by(zsh, commands, home) == shown_by(bash, commands, home)
