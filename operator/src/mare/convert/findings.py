"""The outcome of each value of the input."""

from dataclasses import KW_ONLY, dataclass
from enum import StrEnum

from mare.documents.tree import Path

ALONG = "there is no output for this object"
"""The note of a value that is refused only because another one is."""


KEEP_KEDA = "keep KEDA for this one; both can live in one cluster"
KEEP_THE_HPA = "keep the HPA for this one; both can live in one cluster"


class Outcome(StrEnum):
    KEPT = "kept"
    TRANSLATED = "translated"
    LEFT_OUT = "left out"
    """Written by the API server, KEDA, Helm, Argo CD or Flux. No report shows it."""
    NEEDS_YOU = "needs you"
    DROPPED = "dropped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Finding:
    outcome: Outcome
    path: Path
    line: int
    was: str
    """The value as it is written in the input, with secrets masked."""
    _: KW_ONLY
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
class Remark:
    """What you have to check, if the cause is not a single value."""

    line: int
    note: str
    command: str = ""
    """A shell command, only for the case that the note names."""


@dataclass(frozen=True, slots=True)
class Addition:
    """A line of the output that no value of the input causes."""

    new: str
    note: str
