"""Reads the `tool` lines of one go.mod and builds the compiler flags of its programs.

Each folder below tools/ has a go.mod, which pins the versions of its programs. The files below its
`trimmed/` take the place of those with the same import path.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

_TOOLS = Path(__file__).parent / "tools"
_NAMES = {
    "go.etcd.io/etcd/server/v3": "etcd",
    "helm.sh/helm/v3/cmd/helm": "helm3",
    "helm.sh/helm/v4/cmd/helm": "helm4",
    "sigs.k8s.io/kube-network-policies/cmd": "kube-network-policies",
}
"""Names of programs that differ from the last element of their package path."""

_ALONE = ("local-path-provisioner",)
"""Programs that import Sirupsen/logrus: `go build` refuses them beside sirupsen/logrus."""

_STAMPS = (
    # Without a version, Kubernetes reports v0.0.0 and its components refuse each other.
    ("k8s.io/component-base/version.gitVersion", "k8s.io/kubernetes", "v{0}.{1}.{2}"),
    ("k8s.io/component-base/version.gitMajor", "k8s.io/kubernetes", "{0}"),
    ("k8s.io/component-base/version.gitMinor", "k8s.io/kubernetes", "{1}"),
    ("helm.sh/helm/v3/internal/version.version", "helm.sh/helm/v3", "v{0}.{1}.{2}"),
    ("helm.sh/helm/v4/internal/version.version", "helm.sh/helm/v4", "v{0}.{1}.{2}"),
    # Without it Helm 3 renders for Kubernetes 1.20; Helm 4 reads its own build information.
    ("helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor", "k8s.io/client-go", "{1}"),
    ("helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor", "k8s.io/client-go", "{1}"),
)
"""Linker variable, module that the version is taken from, format."""


@dataclass(frozen=True)
class Toolset:
    name: str
    module: str
    sums: str
    trimmed: tuple[tuple[str, str], ...] = ()
    """Import paths of files, and their texts."""

    @classmethod
    @cache
    def read(cls, name: str) -> "Toolset":
        folder = _TOOLS / name
        files = sorted(file for file in folder.glob("trimmed/**/*") if file.is_file())
        return cls(
            name,
            (folder / "go.mod").read_text(),
            (folder / "go.sum").read_text(),
            tuple((str(file.relative_to(folder / "trimmed")), file.read_text()) for file in files),
        )

    @property
    def folder(self) -> Path:
        return _TOOLS / self.name

    @property
    def packages(self) -> dict[str, str]:
        paths = re.findall(r"^(?:tool |\t)([^\s(]+)$", self.module, re.MULTILINE)
        return {_NAMES.get(path, _file(path)): path for path in paths}

    def groups(self, names: Iterable[str]) -> Iterator[dict[str, str]]:
        """Yield all `names` by the file that `go build` writes, in groups without a collision."""
        wanted = list(names)
        yield from ({_file(self.packages[name]): name} for name in wanted if name in _ALONE)
        rest = [name for name in wanted if name not in _ALONE]
        while rest:
            group: dict[str, str] = {}
            for name in rest:
                group.setdefault(_file(self.packages[name]), name)
            yield group
            rest = [name for name in rest if name not in group.values()]

    @property
    def go_version(self) -> tuple[int, ...]:
        found = re.search(r"^go (\S+)$", self.module, re.MULTILINE)
        return tuple(int(part) for part in found[1].split(".")) if found else ()

    def version(self, module: str) -> tuple[str, ...] | None:
        """Return major, minor and patch of a required module, None if it is not required."""
        found = re.search(
            rf"^(?:require )?\s*{re.escape(module)} v(\d+)\.(\d+)\.(\S+)", self.module, re.MULTILINE
        )
        return found.groups() if found else None

    @property
    def modules(self) -> list[str]:
        """The modules that the go.mod requires."""
        return re.findall(r"^(?:require )?\s*(\S+) v", self.module, re.MULTILINE)

    @property
    def flags(self) -> tuple[str, ...]:
        modules = self.modules
        stamps = "".join(
            f" -X {variable}={value.format(*version)}"
            for variable, module, value in _STAMPS
            if any(variable.startswith(f"{each}/") for each in modules)
            and (version := self.version(module))
        )
        return ("-trimpath", "-buildvcs=false", "-mod=readonly", f"-ldflags=-s -w{stamps}")

    @cached_property  # computing it takes 5 ms, and each kubectl command needs it
    def key(self) -> str:
        """A name that changes with versions, files and flags."""
        files = (part for file in self.trimmed for part in file)
        text = "\0".join([self.module, self.sums, *files, *self.flags])
        return f"{self.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _file(package: str) -> str:
    """Return the name that `go build` gives the program of `package`."""
    return re.sub(r"/v\d+$", "", package).rpartition("/")[2]
