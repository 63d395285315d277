"""Versions of the programs of the cluster, from a go.mod."""

from dataclasses import replace

from devcluster.programs import CONTAINERS, FAST_TESTS, NODE
from devcluster.toolset import Toolset

_TOOLS = Toolset(
    name="example",
    module="""\
module mare.dev/cluster/example

go 1.26.0

tool (
\tgo.etcd.io/etcd/server/v3
\thelm.sh/helm/v3/cmd/helm
\thelm.sh/helm/v4/cmd/helm
\tsigs.k8s.io/kind
)

require (
\tgo.etcd.io/etcd/server/v3 v3.7.2 // indirect
\tk8s.io/component-base v0.37.2 // indirect
\tk8s.io/kubernetes v1.37.2 // indirect
)
""",
    sums="",
)


def test_programs_are_named_by_the_tool_lines() -> None:
    assert _TOOLS.packages == {
        "etcd": "go.etcd.io/etcd/server/v3",
        "helm3": "helm.sh/helm/v3/cmd/helm",
        "helm4": "helm.sh/helm/v4/cmd/helm",
        "kind": "sigs.k8s.io/kind",
    }
    assert _TOOLS.go_version == (1, 26, 0)


def test_programs_with_one_file_name_are_built_apart() -> None:
    groups = _TOOLS.groups(["helm4", "etcd", "helm3"])
    assert list(groups) == [{"helm": "helm4", "server": "etcd"}, {"helm": "helm3"}]


def test_a_program_that_others_exclude_is_built_apart() -> None:
    *apart, rest = Toolset.read("cluster").groups(CONTAINERS)
    assert apart == [{"local-path-provisioner": "local-path-provisioner"}]
    assert len(rest) == len(CONTAINERS) - 1


def test_kubernetes_is_linked_with_its_version() -> None:
    assert "gitVersion=v1.37.2" in _TOOLS.flags[-1]
    assert "gitMajor=1" in _TOOLS.flags[-1]
    assert "gitMinor=37" in _TOOLS.flags[-1]
    alone = replace(_TOOLS, module=_TOOLS.module.replace("k8s.io/kubernetes", "example.org/x"))
    assert alone.flags[-1] == "-ldflags=-s -w"


def test_another_version_file_or_checksum_is_another_key() -> None:
    bumped = replace(_TOOLS, module=_TOOLS.module.replace("v3.7.2", "v3.7.3"))
    trimmed = replace(_TOOLS, trimmed=(("k8s.io/kubernetes/x.go", "package x"),))
    assert len({each.key for each in (_TOOLS, bumped, replace(_TOOLS, sums="h1:x"), trimmed)}) == 4


def test_helm_3_is_linked_with_the_kubernetes_version_that_it_supports() -> None:
    flags = Toolset.read("cluster").flags[-1]
    assert "chartutil.k8sVersionMinor=37" in flags
    assert "helm/v3/internal/version.version=v3." in flags
    assert "helm/v4/internal/version.version=v4." in flags


def test_all_programs_are_in_the_toolset_of_the_cluster() -> None:
    assert {*FAST_TESTS, *NODE, *CONTAINERS, "kind"} == set(Toolset.read("cluster").packages)


def test_all_parts_of_kubernetes_have_one_version() -> None:
    tools = Toolset.read("cluster")
    major, minor, patch = tools.version("k8s.io/kubernetes") or ()
    parts = ("api", "apimachinery", "apiserver", "client-go", "component-base", "kubectl")
    assert {tools.version(f"k8s.io/{part}") for part in parts} == {("0", minor, patch)}
    assert major == "1"
