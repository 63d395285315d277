"""A node ends completely when its starter is killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from devcluster.images.engines import Docker
from devcluster.node.isolation import SYSCTLS
from devcluster.node.layout import cgroup
from devcluster.node.native import NativeNode, end_node
from mare.processes.command import DIES_WITH_US
from mare.processes.tcp_ports import free_port
from tests.vhost import eventually

_PROJECT = Path(__file__).parents[3]
_STARTER = """\
import signal, sys
from pathlib import Path
from devcluster.node.starting import start_node
start_node(Path(sys.argv[1]), detached=False, registry_port=int(sys.argv[2]))
print("ready", flush=True)
signal.pause()
"""


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_a_node_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    if Docker.answers():
        pytest.skip("kind is used where Docker runs")
    settings = _settings()
    folder = tmp_path / "node"
    starter = subprocess.Popen(
        [*DIES_WITH_US, sys.executable, "-c", _STARTER, str(folder), str(free_port())],
        cwd=_PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with starter:
        try:
            assert "ready\n" in iter(starter.stdout.readline, "")  # type: ignore[union-attr]
            node = NativeNode.find(folder)
            assert node
            namespace = _pid_namespace(node.pid)
            assert len(_processes(namespace)) > 10
            assert not _traces(folder)  # mounts and devices are in its own namespaces
            assert _settings() == settings
        finally:
            starter.kill()
    eventually(lambda: not _processes(namespace))
    assert NativeNode.find(folder) is None
    end_node(folder)
    assert not folder.exists()
    assert not list(Path("/sys/fs/cgroup").glob(f"**/{cgroup(folder)}"))
    assert not _traces(folder)


def _traces(folder: Path) -> list[str]:
    """Return mounts and network devices of the node that are visible on the machine."""
    mounts = Path("/proc/mounts").read_text().splitlines()
    devices = [path.name for path in Path("/sys/class/net").iterdir()]
    return [line for line in mounts if str(folder) in line] + [
        name for name in devices if name in {"cni0", "nowhere"}
    ]


def _settings() -> list[str]:
    """Return the kernel settings that a kubelet changes for the whole machine."""
    return [Path("/proc/sys", name).read_text() for name in SYSCTLS]


def _pid_namespace(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/pid").readlink())


def _processes(namespace: str) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str((process / "ns/pid").readlink()) == namespace:
                found.append(int(process.name))
        except OSError:  # it ended meanwhile
            continue
    return found
