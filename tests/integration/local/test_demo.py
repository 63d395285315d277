"""`mare demo` from an empty folder, as a user at a terminal runs it."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from local.rabbitmq import broker_to_run

pytestmark = pytest.mark.broker


@pytest.fixture
def _installed() -> None:
    """Install RabbitMQ as `make run` does, where a package can be installed."""
    broker_to_run(print)


@pytest.mark.nightly
@pytest.mark.usefixtures("_installed")
def test_the_demo_scales_its_workers_and_leaves_nothing_behind(tmp_path: Path) -> None:
    shown = _demo("--seconds", "5", "--max", "2", folder=tmp_path)
    assert re.search(r"Open {2}http://127\.0\.0\.1:\d+/", shown)
    assert "worker      0 → " in shown
    assert re.search(r"\n[\d,]+ messages in \d+ s; replicas rose from 0 to 2\.\n", shown)
    assert re.search(r"\n Maré, measured +\d+\.\d s +\d+\.\d s +\d+ +0\n", shown)
    assert re.search(r"\n KEDA default, simulated +\d+\.\d s", shown)
    assert list(tmp_path.iterdir()) == []


def test_without_a_broker_the_error_names_what_to_install(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": str(tmp_path), "TMPDIR": tempfile.gettempdir()}
    program = (
        "import sys, mare.cli.demo as demo; import mare.private_broker.process as process;"
        "process._direct = lambda name: None; demo.shutil.which = lambda name: name;"
        "demo.demo()"
    )
    command = [sys.executable, "-c", program]
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert shown.returncode == 1
    sentence = (
        "Error: The demo needs a RabbitMQ on this machine: install the package rabbitmq-server"
        " (3.10 or later), or start Docker."
    )
    assert shown.stderr.splitlines() == [sentence]


def _demo(*arguments: str, folder: Path) -> str:
    shown = subprocess.run(
        [sys.executable, "-m", "mare", "demo", "--dashboard", "0", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    return shown.stdout
