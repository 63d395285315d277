"""The check of a volume at the start of a node, with folders instead of a broker and its data."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.charts.rabbitmq.matrix import CHART

NODE = "rabbit@shop-0"
FLAGS = (
    "[khepri_db,message_containers_deaths_v2,quorum_queue_non_voters,"
    "'rabbitmq_4.0.0','rabbitmq_4.1.0','rabbitmq_4.2.0']."
)
Start = Callable[..., str]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def start(tmp_path: Path, data: Path) -> Start:
    """Start a node of a version; return the reason of a refusal, or nothing."""

    def run(version: str, node: str = NODE, adopt: str = "", *, full: bool = False) -> str:
        home = tmp_path / version
        (home / "plugins" / f"rabbit-{version}").mkdir(parents=True, exist_ok=True)
        (home / "sbin").mkdir(exist_ok=True)
        server = home / "sbin" / "rabbitmq-server"
        server.write_text("")
        server.chmod(0o755)
        script = (
            f'set -eu; refuse() {{ echo "$*"; exit 1; }}; files={CHART}/files; . $files/guard.sh'
        )
        if full:  # no file may grow: a write fails instead of ending the process
            script = f"trap '' XFSZ; ulimit -f 0; {script}"
        answer = subprocess.run(
            ["sh", "-c", script],
            env={
                "PATH": f"{server.parent}:/usr/bin:/bin",
                "RABBITMQ_MNESIA_BASE": str(data),
                "RABBITMQ_NODENAME": node,
                "ADOPT": adopt,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert bool(answer.returncode) == bool(answer.stdout) or full, answer
        return answer.stdout or answer.stderr

    return run


def _write(data: Path, flags: str = FLAGS) -> None:
    """Write what a broker leaves on its volume."""
    (data / NODE).mkdir(exist_ok=True)
    (data / f"{NODE}-feature_flags").write_text(flags)


@pytest.mark.parametrize(
    "path", [["4.2.4", "4.2.9", "4.2.1"], ["3.13.7", "4.0.5", "4.2.0", "4.3.0"]]
)
def test_an_upgrade_is_left_to_rabbitmq(start: Start, data: Path, path: list[str]):
    for version in path:
        assert not start(version)
        _write(data)


def test_a_downgrade_is_refused_once_a_feature_flag_was_enabled(start: Start, data: Path):
    start("4.1.2")
    _write(data, "['rabbitmq_4.0.0'].")
    start("4.2.4")
    assert not start("4.1.2")

    start("4.2.4")
    _write(data)

    assert "with its feature flags enabled, and 4.1.2 cannot read it" in start("4.1.2")


def test_data_is_not_refused_for_a_version_that_could_not_start_on_it(start: Start, data: Path):
    start("4.1.8")
    _write(data)

    assert "does not start on the data of 4.1.8: go to 4.2 first" in start("4.3.5")
    assert not start("4.2.9")


def test_another_nodes_volume_is_refused(start: Start, data: Path):
    start("4.2.4")
    _write(data)

    answer = start("4.2.4", node="rabbit@other-0")

    assert f"The volume belongs to the node {NODE}" in answer


def test_a_full_volume_costs_the_guard_nothing(start: Start, data: Path):
    start("4.2.4")
    _write(data)

    assert not start("4.2.4", full=True)
    assert start("4.2.9", full=True)
    assert not start("4.2.9")
    assert "written by RabbitMQ 4.2.9" in start("4.1.0")


@pytest.mark.parametrize("folder", ["lost+found", ".snapshot"])
def test_folders_of_a_file_system_are_no_data(start: Start, data: Path, folder: str):
    (data / folder).mkdir()

    assert not start("4.2.4")


def test_foreign_data_is_refused_unless_adopted(start: Start, data: Path):
    _write(data)

    assert "which this chart did not write" in start("4.2.4")
    assert not start("4.2.4", adopt="true")
    assert not start("4.2.4")
