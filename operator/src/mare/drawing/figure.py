"""The content of a drawing: columns of panels that share a time axis."""

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
class Band:
    """A shaded range of values, for example from minReplicas to maxReplicas."""

    low: float
    high: float


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
    band: Band | None = None
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
