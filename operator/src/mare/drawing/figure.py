"""What is to be drawn: columns of panels that share a time axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum

Point = tuple[float, float | None]
"""A moment in seconds and a value, None where it is not known."""


class Shape(StrEnum):
    LINE = "line"
    """A measure."""
    STEPS = "steps"
    """A count that holds until the next point."""
    AREA = "area"
    """A count, filled down to zero."""


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    points: Sequence[Point]
    shape: Shape = Shape.LINE
    colour: int = 0
    """Which of the theme's colours; the same thing has the same one everywhere."""


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line that is labelled on itself, for example a target."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Band:
    """A range of values that is shaded, for example from the fewest to the most replicas."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment, for example a decision; the text is its tooltip."""

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
    """The upper end of the axis; None fits it to what is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    panels: tuple[Panel, ...]
    title: str = ""
    subtitle: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Columns side by side; all have as many panels, and those of a row share their axis."""

    title: str
    description: str
    """What a person who does not see the picture has to know."""
    columns: tuple[Column, ...]
    start: float
    end: float
    zone: tzinfo | None = None
    """The time zone of labels with the time of day. None labels the seconds since zero."""
    decimal_separator: str = "."
