"""What the starter writes is what the node's first process reads."""

from pathlib import Path

from devcluster.node.commands import node_commands
from devcluster.node.layout import Layout, cgroup

_LAYOUT = Layout(
    folder=Path("/state"),
    programs=Path("/state/bin"),
    archives=(Path("/cache/busybox.tar"),),
    api_port=10001,
    ingress_port=8080,
    registry_port=5001,
    detached=False,
    listeners=(3, 4, 5),
)


def test_a_layout_is_read_as_it_was_written(tmp_path: Path) -> None:
    layout = Layout(**{**_fields(), "folder": tmp_path})
    assert Layout.read(layout.write()) == layout


def _fields() -> dict[str, object]:
    return {name: getattr(_LAYOUT, name) for name in Layout.__dataclass_fields__}


def test_nodes_in_different_folders_have_different_cgroups() -> None:
    assert cgroup(Path("/state")) != cgroup(Path("/other"))


def test_each_inherited_socket_leads_to_its_own_port() -> None:
    assert node_commands(_LAYOUT)["forwarding"][-3:] == ["3:10001", "4:8080", "5:5001"]
