"""A real Helm renders a chart, and a test looks at the objects that it gets."""

import functools
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from mare.processes.command import CommandFailed, run

CHARTS = Path(__file__).parents[2] / "charts"

REGISTRY = {"image": {"registry": "registry.example"}}
DEVELOPMENT = {"operator": REGISTRY, "playlists": {**REGISTRY, "operator": REGISTRY}}
"""Values without which a chart renders nothing, because only a released one has a registry."""

HELM_3_AT_NIGHT = pytest.mark.parametrize(
    "each_helm", [pytest.param("helm3", marks=pytest.mark.nightly), "helm4"], indirect=True
)
"""Of what both render alike: test_helm_versions.py compares them with all objects switched on."""
NAMESPACE = "market"
"""Of releases, unless a test says another."""
_SECONDS = 60.0
Rendered = tuple[str, str]
"""A text of manifests, and its objects as JSON: each caller gets objects of its own."""
_NOTES = re.compile(r"^NOTES:\n", re.MULTILINE)


class Refused(CommandFailed):
    """Helm did not accept the values or the chart; says what it said."""


@dataclass(frozen=True, slots=True)
class Manifests:
    """The objects of one release, hooks included, and the text that they came from."""

    text: str
    objects: Sequence[Mapping[str, Any]]

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self.objects)

    def all(self, kind: str) -> list[Mapping[str, Any]]:
        return [found for found in self.objects if found["kind"] == kind]

    def names(self, kind: str) -> set[str]:
        return {found["metadata"]["name"] for found in self.all(kind)}

    def one(self, kind: str, name: str = "") -> Mapping[str, Any]:
        """Return the only object of ``kind``, of that name if one is given."""
        found = [it for it in self.all(kind) if not name or it["metadata"]["name"] == name]
        assert len(found) == 1, f"{len(found)} of {kind} {name}; there are {self.names(kind)}"
        return found[0]

    def job(self, prefix: str) -> Mapping[str, Any]:
        """Return the only Job whose name is `prefix`, or that and a hash of its work."""
        named = re.compile(re.escape(prefix) + "(-[0-9a-f]{8})?")
        (found,) = [it for it in self.all("Job") if named.fullmatch(it["metadata"]["name"])]
        return found


@dataclass(frozen=True, slots=True)
class Helm:
    """A Helm program; it never talks to a cluster."""

    program: Path

    def template(
        self,
        chart: Path,
        values: Mapping[str, Any] | None = None,
        *,
        name: str = "shop",
        namespace: str = NAMESPACE,
    ) -> Manifests:
        """Render ``chart``, whose files must not change afterwards; raise Refused."""
        arguments = ("template", name, str(chart), f"--namespace={namespace}")
        # Helm takes 0.2 s of processor time: the same text is rendered once in a process.
        text, objects = _rendered(self.program, chart, arguments, json.dumps(values or {}))
        return Manifests(text, json.loads(objects))

    def text(self, chart: Path, values: Mapping[str, Any] | None = None) -> str:
        """Return what ``helm template`` prints, rendered anew; raise Refused."""
        return _run(self.program, chart, "template", "shop", str(chart), values=values)

    def lint(self, chart: Path, values: Mapping[str, Any] | None = None) -> str:
        """Return what ``helm lint --strict`` says; raise Refused if it objects to anything."""
        return _run(self.program, chart, "lint", str(chart), "--strict", values=values)

    def notes(self, chart: Path, values: Mapping[str, Any] | None = None) -> str:
        """Return what a person reads after ``helm install shop --namespace market``.

        With Helm 4 only: Helm 3 wants to see a cluster first.
        """
        text = _run(
            self.program,
            chart,
            *("install", "shop", str(chart), f"--namespace={NAMESPACE}", "--dry-run=client"),
            values=values,
        )
        return _NOTES.split(text, maxsplit=1)[1]

    @staticmethod
    def vendored(chart: Path, folder: Path) -> Path:
        """Return a copy of ``chart`` in ``folder`` with the charts beside it that it depends on."""
        copy = folder / chart.name
        shutil.copytree(chart, copy, ignore=shutil.ignore_patterns("charts", "*.tgz"))
        for dependency in yaml.safe_load((chart / "Chart.yaml").read_text())["dependencies"]:
            shutil.copytree(chart.parent / dependency["name"], copy / "charts" / dependency["name"])
        return copy


@functools.cache
def _rendered(program: Path, chart: Path, arguments: tuple[str, ...], values: str) -> Rendered:
    text = _run(program, chart, *arguments, values=json.loads(values))
    objects = [found for found in yaml.load_all(text, Loader=yaml.CSafeLoader) if found]
    return text, json.dumps(objects)


def _run(program: Path, chart: Path, *arguments: str, values: Mapping[str, Any] | None) -> str:
    with tempfile.TemporaryDirectory() as home:
        files = []
        for number, each in enumerate((DEVELOPMENT.get(chart.name), values)):
            files.append(Path(home, f"values-{number}.yaml"))
            files[-1].write_text(json.dumps(each or {}))  # JSON is YAML
        # The environment is Helm's own, so that no kubeconfig is found.
        return run(
            [str(program), *arguments, *(f"--values={file}" for file in files)],
            seconds=_SECONDS,
            failure=Refused,
            environment={"HOME": home, "PATH": "/usr/bin:/bin"},
        )
