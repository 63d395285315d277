"""The examples of the pages for users, run as they are written there."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.pages import write_examples
from tests.vhost import Vhost, eventually

pytestmark = [pytest.mark.broker, pytest.mark.nightly]

PROGRAMS = Path(sys.executable).parent


@pytest.fixture
def run(vhost: Vhost, tmp_path: Path) -> Callable[..., str]:
    """Return a function that runs a program of the environment in the folder of the examples."""

    def run(*command: str) -> str:
        ended = subprocess.run(
            command, cwd=tmp_path, env=_environment(vhost), capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr + ended.stdout
        return ended.stdout

    return run


def test_the_workers_page_scales_a_pika_worker_up_and_stops_it(
    vhost: Vhost, tmp_path: Path, run: Callable[..., str]
) -> None:
    write_examples("docs/workers.md", tmp_path)
    with _local(vhost, tmp_path) as shown:
        eventually(lambda: "all commands run" in shown(), seconds=60)
        eventually(lambda: "work" in vhost.queues(), seconds=60)
        run(sys.executable, "publish.py")
        eventually(lambda: re.search(r"→ [2-8] replicas", shown()), seconds=60)
    assert "worker      stopped" in shown()


def test_the_nameko_tutorial_runs_its_test_its_service_and_its_autoscaler(
    vhost: Vhost, tmp_path: Path, run: Callable[..., str]
) -> None:
    write_examples("docs/nameko.md", tmp_path)
    assert "2 passed" in run(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull),
        *("--rootdir", str(tmp_path), "test_greeter.py"),
    )
    with _local(vhost, tmp_path) as shown:
        eventually(lambda: re.search(r"greeter-1 +ready", shown()), seconds=60)
        assert run(sys.executable, "call.py") == "Hello, Ana!\n"
        eventually(lambda: "greeted Ana" in shown(), seconds=60)


def _environment(vhost: Vhost) -> dict[str, str]:
    return {
        **os.environ,
        "AMQP_URI": vhost.amqp_uri,
        "MANAGEMENT_URI": vhost.node.management_uri,
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
    }


@contextmanager
def _local(vhost: Vhost, folder: Path) -> Iterator[Callable[[], str]]:
    """Run `mare local mare.yaml`; yield a function that returns its output."""
    output = folder / "output"
    command = [PROGRAMS / "mare", "local", "mare.yaml", "--no-dashboard"]
    with (
        output.open("w") as file,
        subprocess.Popen(command, cwd=folder, env=_environment(vhost), stdout=file) as process,
    ):
        try:
            yield output.read_text
        finally:
            process.terminate()
