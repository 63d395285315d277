"""One input object on its way: what became of its values, and what is to be written.

Each value can be settled once; what nobody asked for is refused at the end.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

from mare.convert.findings import (
    ALONG,
    Addition,
    Finding,
    Outcome,
    Problem,
    Result,
    Workload,
    named,
    spelled,
)
from mare.convert.manifest import Manifest, scalar, steps
from mare.documents.tree import Document, Mapping, Node, Path, Scalar, Sequence, leaves

T = TypeVar("T")
API_VERSION = "mare.dev/v1alpha1"
KIND = "QueueAutoscaler"


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """A value of the input, read as what it has to be."""

    path: Path
    line: int
    spelling: str
    value: T

    @property
    def was(self) -> str:
        """The remark beside a translated line."""
        return f"was: {named(self.path)}: {self.spelling}"


class Draft:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._open: dict[Path, Node] = dict(leaves(document.root))
        self._known: dict[Path, set[str]] = {}
        self._findings: list[Finding] = []
        self._problems: list[Problem] = []
        self._additions: list[Addition] = []
        self.manifest = Manifest()
        self.workload: Workload | None = None
        self.restores_count = False

    @property
    def document(self) -> Document:
        return self._document

    @property
    def refused(self) -> bool:
        refused = any(finding.outcome is Outcome.REFUSED for finding in self._findings)
        return refused or bool(self._problems)

    def keep(self, field: Field[Any], to: str | Path) -> None:
        """The same value with the same meaning."""
        self.manifest.put(to, field.value)
        self._settle(Outcome.KEPT, field.path)

    def translate(self, field: Field[Any], to: str | Path, value: Any, says: str = "") -> None:
        """Another name, value or meaning, which `says` explains."""
        self.manifest.put(to, value, field.was)
        self._settle(Outcome.TRANSLATED, field.path, new=_written(to, value), says=says)

    def absorb(self, field: Field[Any], says: str) -> None:
        """Nothing to write, because Maré always does so."""
        self._settle(Outcome.TRANSLATED, field.path, says=says)

    def need(self, field: Field[Any], says: str, command: str = "", new: str = "") -> None:
        self._settle(Outcome.NEEDS_YOU, field.path, says=says, command=command, new=new)

    def drop(self, field: Field[Any], effect: str) -> None:
        self._settle(Outcome.DROPPED, field.path, says=effect)

    def refuse(self, field: Field[Any], why: str) -> None:
        self._settle(Outcome.REFUSED, field.path, says=why)

    def problem(self, line: int, says: str) -> None:
        """Refuse the object for something that is not there, or wrong as a whole."""
        self._problems.append(Problem(line, says))

    def add(self, to: str | Path, value: Any, because: str) -> None:
        """Write what the input leaves to a default that is not ours."""
        self.manifest.put(to, value, because)
        addition = Addition(_written(to, value), because)
        if addition not in self._additions:
            self._additions.append(addition)

    def settle_together(
        self, fields: list[Field[Any]], outcome: Outcome, says: str, part_of: Path
    ) -> None:
        """The same fate for fields that belong together."""
        for field in fields:
            self._settle(outcome, field.path, says=says, part_of=part_of)

    def settle_below(self, path: Path, outcome: Outcome, says: str) -> None:
        """The same fate for all values of a part of the input that are still open."""
        for leaf in [leaf for leaf in self._open if leaf[: len(path)] == path]:
            self._settle(outcome, leaf, says=says, part_of=path)

    def is_open(self, path: Path) -> bool:
        return path in self._open

    def ask(self, path: Path, name: str) -> None:
        """Remember a name that would be understood there."""
        self._known.setdefault(path, set()).add(name)

    def result(self) -> Result:
        """What became of the object; nothing is written if a part of it is refused."""
        for path, says in {path: self._unknown(path) for path in self._open}.items():
            self._settle(Outcome.REFUSED, path, says=says)
        order = {path: index for index, (path, _) in enumerate(leaves(self._document.root))}
        result = Result(
            file=self._document.file,
            line=self._document.root.line,
            kind=self._document.kind,
            namespace=self._document.namespace,
            name=self._document.name,
            findings=tuple(sorted(self._findings, key=lambda finding: order[finding.path])),
            problems=tuple(self._problems),
            additions=tuple(self._additions),
            manifest=self.manifest if self.manifest.data() else None,
            workload=self.workload,
            restores_count=self.restores_count,
        )
        return result.without_output() if result.refused else result

    def _settle(
        self,
        outcome: Outcome,
        path: Path,
        *,
        new: str = "",
        says: str = "",
        command: str = "",
        part_of: Path = (),
    ) -> None:
        node = self._open.pop(path)
        self._findings.append(
            Finding(
                outcome=outcome,
                path=path,
                line=node.line,
                was=spelling_of(node),
                new=new,
                says=says,
                command=command,
                part_of=part_of,
            )
        )

    def _unknown(self, path: Path) -> str:
        parent = path
        while parent and (parent == path or parent not in self._known):
            parent = parent[:-1]
        name, known = str(path[len(parent)]), self._known.get(parent, set())
        if name in known:
            return ALONG if self.refused else "there is no rule for it"
        near = get_close_matches(name, sorted(known), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"{name} is not a field that mare convert knows{hint}"


def spelling_of(node: Node) -> str:
    match node:
        case Scalar():
            return node.spelling
        case Mapping():
            return "{}"
        case Sequence():
            return "[]"


def _written(to: str | Path, value: Any) -> str:
    return f"{spelled(steps(to)).removeprefix('spec.')}: {scalar(value)}"
