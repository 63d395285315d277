"""The outcome of each value of the input."""

from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum

from mare.convert.manifest import Manifest
from mare.documents.tree import Path


class Outcome(StrEnum):
    KEPT = "kept"
    TRANSLATED = "translated"
    NEEDS_YOU = "needs you"
    DROPPED = "dropped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    outcome: Outcome
    path: Path
    line: int
    was: str
    """The value as it is written in the input, with secrets masked."""
    new: str = ""
    """Field and value in the output; empty if nothing is written."""
    note: str = ""
    """The formula, the action to take, the effect or the reason."""
    command: str = ""
    """A shell command for the user."""
    part_of: Path = ()
    """The subtree of the input that shares this outcome; empty for a single value."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an object is refused, if the cause is not a single value."""

    line: int
    note: str


@dataclass(frozen=True, slots=True)
class Addition:
    """A line of the output that no value of the input causes."""

    new: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    file: str
    line: int
    kind: str
    namespace: str | None
    name: str
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...] = ()
    additions: tuple[Addition, ...] = ()
    manifest: Manifest | None = None
    scale_target: tuple[str, str] = ("", "")
    """Kind and name."""
    restores_count: bool = False
    """Whether KEDA restores the original replica count when the object is deleted."""

    @property
    def title(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else self.short_title

    @property
    def short_title(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def outcomes(self) -> Counter[Outcome]:
        return Counter(finding.outcome for finding in self.findings)

    @property
    def refused(self) -> bool:
        return bool(self.problems) or self.outcomes[Outcome.REFUSED] > 0

    def without_output(self, *problems: Problem) -> "Result":
        return replace(
            self,
            findings=tuple(_refused_along(finding) for finding in self.findings),
            problems=(*self.problems, *problems),
            additions=(),
            manifest=None,
        )


ALONG = "there is no output for this object"


def _refused_along(finding: Finding) -> Finding:
    if finding.outcome is Outcome.REFUSED:
        return finding
    return replace(finding, outcome=Outcome.REFUSED, new="", note=ALONG, command="", part_of=())


@dataclass(frozen=True, slots=True)
class Conversion:
    results: tuple[Result, ...] = field(default=())

    @property
    def outcomes(self) -> Counter[Outcome]:
        return sum((result.outcomes for result in self.results), Counter())

    @property
    def converted(self) -> list[Result]:
        return [result for result in self.results if result.manifest is not None]

    def exit_code(self, *, strict: bool = False) -> int:
        """1 if something is refused, 2 (with `strict`, 1) if something is left to do, else 0."""
        if any(result.refused for result in self.results):
            return 1
        if self.outcomes[Outcome.NEEDS_YOU] or self.outcomes[Outcome.DROPPED]:
            return 1 if strict else 2
        return 0
