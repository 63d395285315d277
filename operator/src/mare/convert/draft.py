"""One object of the input: the outcome of each of its values, and the output that they give."""

from collections import Counter
from dataclasses import replace
from typing import Any

from mare.convert.findings import ALONG, Addition, Finding, Outcome, Problem, Remark
from mare.convert.manifest import Manifest, scalar, steps
from mare.convert.tables import rules, schemas
from mare.custom_resource.checking import spec_schema
from mare.documents.schema import check
from mare.documents.tree import (
    Document,
    Mapping,
    Node,
    Path,
    Scalar,
    leaves,
    line_of,
    plain,
    spelled,
)

API_VERSION = "mare.dev/v1alpha1"
KIND = "QueueAutoscaler"
_MEANINGFUL_IF_EMPTY = (("policies",),)


class Draft:
    """Each value can be settled once. A value that is not settled at the end is refused.

    A path is a dotted string or a tuple. An outcome for a path holds for all open values below it;
    it has no effect if the path is absent, so that callers need not test for it.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.manifest = Manifest()
        """The output; empty if there is none."""
        self.scale_target = ("", "")
        """Kind and name."""
        self.restores_count = False
        """Whether KEDA restores the original replica count when the object is deleted."""
        self.problems: list[Problem] = []
        self.additions: list[Addition] = []
        self.remarks: list[Remark] = []
        self.edits: list[str] = []
        """What a person completes in the output or in the Secret before it is applied."""
        self.secrets: list[str] = []
        """What a person does with Secrets: to create or to label one."""
        self._nodes: dict[Path, Node] = dict(leaves(document.root))
        self._open = dict(self._nodes)
        self._findings: dict[Path, Finding] = {}
        self._sources: dict[Path, Path] = {}
        self._values = plain(document.root)
        for path in self._nodes:
            if self._absent(path):
                self._remove(path)
            elif _of_trigger(path):
                node = self._nodes[path]
                text = node.text.strip() if isinstance(node, Scalar) else ""
                self.value(path[:-1])[path[-1]] = text

    def _absent(self, path: Path) -> str:
        """Return why a value is the same as an absent one; empty if it is not."""
        node = self._nodes[path]
        if isinstance(node, Scalar) and node.kind == "null":
            return "null is the same as absent"
        if isinstance(node, Scalar):
            blank = _of_trigger(path) and not node.text.strip()
            return "KEDA reads an empty value as absent" if blank else ""
        is_meaningful = path[-1:] in _MEANINGFUL_IF_EMPTY or path[:2] == ("spec", "jobTargetRef")
        return "" if is_meaningful else "empty is the same as absent"

    @property
    def title(self) -> str:
        return f"{self.document.kind} {self.document.qualified_name}"

    @property
    def is_settled(self) -> bool:
        return not self._open

    @property
    def findings(self) -> list[Finding]:
        return [self._findings[path] for path in self._nodes]

    @property
    def outcomes(self) -> Counter[Outcome]:
        return Counter(finding.outcome for finding in self._findings.values())

    @property
    def needs_reading(self) -> bool:
        """Whether something is left to do or to know."""
        return bool(self.remarks) or any(
            map(self.outcomes.get, (Outcome.NEEDS_YOU, Outcome.DROPPED))
        )

    @property
    def is_paused(self) -> bool:
        """Whether the output never changes the replicas, because its source is paused."""
        return bool(self.manifest) and self.manifest.data()["spec"].get("paused") == "All"

    @property
    def refused(self) -> bool:
        return bool(self.problems) or self.outcomes[Outcome.REFUSED] > 0

    def value(self, path: str | Path) -> Any:
        value = self._values
        for step in steps(path):
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def spelling(self, path: str | Path) -> str:
        """Return the last name of a path and its value, as a remark for a line of the output."""
        found = steps(path)
        names = [step for step in found if isinstance(step, str)]
        name = ".".join(names[-2:] if names[-1] == "name" else names[-1:])
        return f"{name}: {spelling_of(self._nodes[found])}"

    def apply_rules(self, name: str, at: Path = ()) -> None:
        """Settle the values whose outcome in rules.json does not depend on other values."""
        for outcome, notes in rules()[name].items():
            for path, note in notes.items():
                place = (*at, *path.split())
                # KEDA itself adds scalingModifiers: {} to an object with `advanced`.
                if place in self._open and self._absent(place):
                    self.absorb(place, self._absent(place))
                self._settle(place, Outcome(outcome), note)

    def keep(self, path: str | Path, to: str | Path) -> None:
        at, place = steps(path), steps(to)
        for leaf in [leaf for leaf in self._below(at) if not self._absent(leaf)]:
            target = (*place, *leaf[len(at) :])
            self.manifest.put(target, self.value(leaf))
            self._sources[target] = leaf
            self._settle(leaf, Outcome.KEPT)

    def keep_all(self) -> None:
        self._settle((), Outcome.KEPT, "not an autoscaler, it stays unchanged")

    def translate(self, path: str | Path, to: str | Path, value: Any, note: str = "") -> None:
        """Write another value or under another name; `note` explains a change of meaning."""
        if steps(path) in self._open and not self._absent(steps(path)):
            self.manifest.put(to, value, f"was: {self.spelling(path)}")
            self._sources.setdefault(steps(to), steps(path))
            self._settle(steps(path), Outcome.TRANSLATED, note, new=_written(to, value))

    def write(self, path: str | Path, to: str | Path, value: Any) -> None:
        """Write a value that an input value causes besides its own outcome."""
        self.manifest.put(to, value, f"was: {self.spelling(path)}")
        self._sources.setdefault(steps(to), steps(path))

    def absorb(self, path: str | Path, note: str) -> None:
        """Write nothing: Maré always behaves like this value."""
        self._settle(path, Outcome.TRANSLATED, note)

    def refer(self, path: str | Path, note: str, new: str) -> None:
        """Settle a value that is written elsewhere."""
        self._settle(path, Outcome.TRANSLATED, note, new=new)

    def need(self, path: str | Path, note: str, command: str = "", new: str = "") -> None:
        self._settle(path, Outcome.NEEDS_YOU, note, new=new, command=command)

    def leave_out(self, path: str | Path, note: str) -> None:
        self._settle(path, Outcome.LEFT_OUT, note)

    def drop(self, path: str | Path, effect: str) -> None:
        self._settle(path, Outcome.DROPPED, effect)

    def remark(self, path: str | Path, note: str, command: str = "") -> None:
        self.remarks.append(Remark(line_of(self.document.root, steps(path)), note, command))

    def refuse(self, path: str | Path, why: str) -> None:
        self._settle(path, Outcome.REFUSED, why)

    def problem(self, note: str, path: str | Path = ()) -> None:
        """Refuse the object for a missing value or a contradiction between values."""
        found = Problem(line_of(self.document.root, steps(path)), note)
        if found not in self.problems:
            self.problems.append(found)

    def add(self, to: str | Path, value: Any, because: str) -> None:
        """Write a value that the input leaves to a default."""
        self.manifest.put(to, value, because)
        addition = Addition(_written(to, value), because)
        if addition not in self.additions:
            self.additions.append(addition)

    def check(self, schema: str, path: str | Path = ()) -> None:
        """Refuse what does not fit the schema of the input, and read it as absent from now on."""
        at = steps(path)
        for mistake in check(schemas()[schema], self.value(at)).mistakes:
            place = (*at, *mistake.path)
            if self._below(place):
                self.refuse(place, mistake.sentence)
                self._remove(place)
            else:
                where = spelled(place).removeprefix("spec.")
                self.problem(f"{where} {mistake.sentence}".strip(), place)
        _prune(self.value(at))

    def finish(self) -> None:
        """Settle the remaining values, and check the output; a refused value refuses all of it."""
        for path in list(self._open):
            if self._absent(path):
                self.absorb(path, self._absent(path))
            else:
                self.refuse(path, ALONG if self.refused else "mare convert has no rule for it")
        if self.manifest and not self.refused:
            self._check_output(self.manifest.data()["spec"])
        if self.refused:
            self.withdraw()

    def withdraw(self, *problems: Problem) -> None:
        """Remove the output, so that all values are refused."""
        self.problems += problems
        self.additions.clear()
        self.remarks.clear()
        self.manifest = Manifest()
        for path, finding in self._findings.items():
            if finding.outcome is not Outcome.REFUSED:
                self._findings[path] = Finding(
                    Outcome.REFUSED, path, finding.line, finding.was, note=ALONG
                )

    def _check_output(self, spec: Any) -> None:
        for mistake in check(spec_schema(), spec).mistakes:
            place = ("spec", *mistake.path)
            source = self._sources.get(place)
            if source is not None:
                finding = self._findings[source]
                refused = replace(finding, outcome=Outcome.REFUSED, new="", command="")
                self._findings[source] = replace(refused, note=mistake.sentence)
                continue
            below = [path for to, path in self._sources.items() if to[: len(place)] == place]
            sentence = f"{spelled(mistake.path)} {mistake.sentence}".strip()
            self.problem(sentence, below[0] if below else ("spec",))

    def _below(self, path: Path) -> list[Path]:
        return [leaf for leaf in self._open if leaf[: len(path)] == path]

    def _settle(
        self,
        path: str | Path,
        outcome: Outcome,
        note: str = "",
        *,
        new: str = "",
        command: str = "",
    ) -> None:
        at = steps(path)
        for leaf in self._below(at):
            node, subtree = self._open.pop(leaf), at if at != leaf else ()
            was = spelling_of(node)
            self._findings[leaf] = Finding(
                outcome, leaf, node.line, was, new=new, note=note, command=command, part_of=subtree
            )

    def _remove(self, path: Path) -> None:
        parent: Any = self.value(path[:-1])
        parent[path[-1]] = None


def _of_trigger(path: Path) -> bool:
    """Return whether a path is in the metadata of a trigger, which KEDA reads as trimmed text."""
    return path[:2] == ("spec", "triggers") and path[3:4] == ("metadata",)


def _prune(value: Any) -> None:
    for child in value.values() if isinstance(value, dict) else value or ():
        if isinstance(child, dict | list):
            _prune(child)
    if isinstance(value, dict):
        for name in [name for name, child in value.items() if child is None]:
            del value[name]


def spelling_of(node: Node) -> str:
    if isinstance(node, Scalar):
        return node.spelling
    return "{}" if isinstance(node, Mapping) else "[]"


def _written(to: str | Path, value: Any) -> str:
    return f"{spelled(steps(to)).removeprefix('spec.')}: {scalar(value)}"
