"""The content of a drawing: columns of panels that share a time axis, and their colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum

Point = tuple[float, float | None]
"""A time in seconds and a value; None if it is unknown."""


class Shape(StrEnum):
    LINE = "line"
    """A measured value."""
    STEPS = "steps"
    """A count that is constant until the next point."""
    AREA = "area"
    """A count, filled down to zero."""


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    points: Sequence[Point]
    shape: Shape = Shape.LINE
    colour: int = 0
    """Index of a colour of the theme."""


@dataclass(frozen=True, slots=True)
class Level:
    """A labelled horizontal line, for example a target."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A time, for example that of a decision, with a tooltip."""

    moment: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    title: str
    series: tuple[Series, ...]
    levels: tuple[Level, ...] = ()
    marks: tuple[Mark, ...] = ()
    band: tuple[float, float] | None = None
    """A shaded range of values, for example from minReplicas to maxReplicas."""
    top: float | None = None
    """The upper end of the axis; None derives it from the values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    panels: tuple[Panel, ...]
    title: str = ""
    subtitle: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Columns with the same number of panels; the panels of a row share their axis of values."""

    title: str
    description: str
    """The content as text, for screen readers."""
    columns: tuple[Column, ...]
    start: float
    end: float
    zone: tzinfo | None = None
    """The time zone of labels with the time of day. None labels the seconds since zero."""
    decimal_separator: str = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    background: str
    ink: str
    """Colour of text and axes."""
    faint: str
    """Colour of the grid and of secondary text."""
    series: tuple[str, ...]
    level: str
    band: str = "none"


LIGHT = Theme(
    background="#ffffff",
    ink="#1b2430",
    faint="#5d6875",
    series=("#0b6aa2", "#b4531a", "#3f7a2a", "#7a4b94"),
    level="#a3262a",
)
DARK = Theme(
    background="#12181f",
    ink="#e6ebf0",
    faint="#98a4b0",
    series=("#6cb6e8", "#f0a36b", "#8fcf74", "#c9a0e0"),
    level="#f08a8d",
)
