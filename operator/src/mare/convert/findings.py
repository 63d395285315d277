"""What became of each value, in five classes."""

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
    """What became of one value of the input."""

    outcome: Outcome
    path: Path
    line: int
    was: str
    """The value as the user wrote it, secrets masked."""
    new: str = ""
    """Where and what it is now; empty if there is nothing to write."""
    says: str = ""
    """The formula, what to do, the effect or the reason, as a clause."""
    command: str = ""
    """What to type, if the user is needed."""
    part_of: Path = ()
    """The larger part of the input of which this is the common fate; empty if it stands alone."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an object is refused, where no single value is at fault."""

    line: int
    says: str


@dataclass(frozen=True, slots=True)
class Addition:
    """A line of the output that no value of the input stands behind."""

    new: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What is scaled."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one object."""

    file: str
    line: int
    kind: str
    namespace: str | None
    name: str
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...] = ()
    additions: tuple[Addition, ...] = ()
    manifest: Manifest | None = None
    workload: Workload | None = None
    restores_count: bool = False
    """Whether deleting the object sets the workload back to the count from before it."""

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
        """The same object refused, and all its values with it."""
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
    return Finding(
        outcome=Outcome.REFUSED,
        path=finding.path,
        line=finding.line,
        was=finding.was,
        says=ALONG,
    )


@dataclass(frozen=True, slots=True)
class Conversion:
    """What became of the whole input."""

    results: tuple[Result, ...] = field(default=())

    @property
    def outcomes(self) -> Counter[Outcome]:
        return sum((result.outcomes for result in self.results), Counter())

    @property
    def converted(self) -> list[Result]:
        return [result for result in self.results if result.manifest is not None]

    def exit_code(self, *, strict: bool = False) -> int:
        """0 if all is kept or translated, 1 if something is refused, 2 if a person has to look.

        `strict` makes 1 of 2.
        """
        if any(result.refused for result in self.results):
            return 1
        if self.outcomes[Outcome.NEEDS_YOU] or self.outcomes[Outcome.DROPPED]:
            return 1 if strict else 2
        return 0


def spelled(path: Path) -> str:
    """A path as kubectl writes it, triggers[0].metadata.value."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif "." in step or "/" in step:
            text += f'["{step}"]'
        else:
            text += f".{step}" if text else step
    return text


def named(path: Path) -> str:
    """The last name of a path, with the one before it if that is needed to know what it is."""
    names = [step for step in path if isinstance(step, str)]
    return ".".join(names[-2:] if names[-1:] == ["name"] else names[-1:])
