"""Building the programs: few invocations of the compiler, no wait for programs of others."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from devcluster import CannotRun, preparing
from devcluster.preparing import are_programs_built
from devcluster.programs import CONTAINERS, CONTROL_PLANE, FAST_TESTS, NODE, programs
from devcluster.toolset import Toolset
from devcluster.trimming import module_file
from local.cache import locked

_PROJECT = Path(__file__).parents[3]
_PLUGINS = "github.com/coredns/coredns/core/plugin/zplugin.go"
_GO = """\
#!/bin/sh
[ "$1" = env ] && { echo go99.0.0; exit; }
[ "$1" = mod ] && { echo '{"Dir": "'"$GO_MODULES/$4"'"}'; exit; }
echo "$@" >> "$GO_LOG"
while [ "$1" != -o ]; do shift; done
folder=$2
for package in "$@"; do
    name=${package%/v3}
    touch "$folder/${name##*/}"
done
"""


@pytest.fixture(autouse=True)
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Return the command lines of a compiler that writes empty programs to a cache of its own."""
    log = tmp_path / "go.log"
    (tmp_path / "go").write_text(_GO)
    (tmp_path / "go").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GO_LOG", str(log))
    monkeypatch.setenv("GO_MODULES", str(tmp_path))
    for file, _ in Toolset.read("cluster").trimmed:
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text("whole")
    return lambda: log.read_text().splitlines() if log.exists() else []


def test_all_programs_of_a_toolset_are_built_at_once(compiler: Callable[[], list[str]]) -> None:
    folder = programs(FAST_TESTS)

    first, second = compiler()
    assert "k8s.io/kubernetes/cmd/kube-apiserver" in first
    assert "helm.sh/helm/v4/cmd/helm" in first
    assert second.endswith("helm.sh/helm/v3/cmd/helm")
    assert {file.name for file in folder.iterdir()} == set(FAST_TESTS)


def test_trimmed_files_take_the_place_of_those_of_their_modules(tmp_path: Path) -> None:
    tools = Toolset.read("cluster")
    (tmp_path / "sources").mkdir()

    file = module_file(tools, "go", tmp_path / "sources")

    replaced = re.findall(
        r"^replace (github\.com/(?:go-acme|coredns)/\S+) => (\S+)$", file.read_text(), re.MULTILINE
    )
    for path, text in tools.trimmed:
        ((module, copy),) = [each for each in replaced if path.startswith(each[0])]
        assert Path(copy, path.removeprefix(f"{module}/")).read_text() == text != "whole"
        assert (tmp_path / path).read_text() == "whole"
    assert file.with_name("go.sum").read_text() == tools.sums


def test_a_module_without_a_trimmed_file_is_named(tmp_path: Path) -> None:
    tools = Toolset.read("cluster")
    (tmp_path / "sources").mkdir()
    (tmp_path / tools.trimmed[0][0]).unlink()

    with pytest.raises(CannotRun, match=r"github.com/coredns/coredns has no zplugin.go"):
        module_file(tools, "go", tmp_path / "sources")


def test_the_name_server_has_the_plugins_of_its_corefile() -> None:
    documents = yaml.safe_load_all(Path(_PROJECT, "devcluster/addons/dns.yaml").read_text())
    (corefile,) = [each["data"]["Corefile"] for each in documents if each["kind"] == "ConfigMap"]
    plugins = re.findall(r"plugin/(\w+)", dict(Toolset.read("cluster").trimmed)[_PLUGINS])

    assert set(re.findall(r"^ {4}(\w+)", corefile, re.MULTILINE)) == set(plugins)


def test_only_missing_programs_are_built(compiler: Callable[[], list[str]]) -> None:
    programs(CONTROL_PLANE)
    programs([*CONTROL_PLANE, "kubelet"])

    assert compiler()[1].split()[-1] == "k8s.io/kubernetes/cmd/kubelet"


def test_a_wait_ends_while_another_process_builds_the_rest(
    compiler: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = programs(["etcd"])
    monkeypatch.setattr("time.sleep", lambda _: (folder / "kubectl").touch())

    with locked(folder.with_name("lock")):
        assert programs(["kubectl"]) == folder

    assert len(compiler()) == 1


def test_programs_of_the_cluster_are_missed_only_where_it_is_a_native_node(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not are_programs_built()
    programs(FAST_TESTS)
    monkeypatch.setattr(preparing, "runs_native_node", lambda: False)
    assert are_programs_built()
    monkeypatch.setattr(preparing, "runs_native_node", lambda: True)
    assert not are_programs_built()
    programs((*NODE, *CONTAINERS))
    assert are_programs_built()


def test_preparing_needs_no_package_of_the_environment() -> None:
    path = f"{_PROJECT}:{_PROJECT}/operator/src"
    command = [sys.executable, "-S", "-c", "import devcluster.preparing"]
    subprocess.run(command, env={"PYTHONPATH": path}, check=True)
