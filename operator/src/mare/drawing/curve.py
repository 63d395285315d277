"""Draws a curve of labelled points: a value against what it costs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from mare.drawing.axes import Axis, amount, value_ticks
from mare.drawing.elements import document, line, text
from mare.drawing.figure import Level, Theme

_WIDTH, _HEIGHT = 760, 440
_LEFT, _RIGHT, _TOP, _FOOT = 56, 30, 74, 44
_TICKS = 5
_RADIUS = 4.5
_LETTER, _LINE = 6.4, 13
"""Width and height in pixels of a letter of a label."""
_OFFSETS = (
    (8, -5, "start"),
    (9, 4, "start"),
    (0, -10, "middle"),
    (-9, 4, "end"),
    (0, 19, "middle"),
)
"""Where a label may stand beside its point, and its anchor."""
_SHARES = {"start": 0.0, "middle": 0.5, "end": 1.0}
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    label: str
    is_marked: bool = False
    """Whether it is drawn filled, in the colour of levels, and labelled first."""
    is_apart: bool = False
    """Whether the line leaves it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    title: str
    subtitle: str
    description: str
    """The content as text, for screen readers."""
    x_title: str
    y_title: str
    dots: Sequence[Dot]
    """In the order of the line; at least one."""
    level: Level | None = None


def draw_curve(curve: Curve, theme: Theme) -> str:
    """Draw a curve. The vertical axis begins at zero, the horizontal one below the least value."""
    xs = [dot.x for dot in curve.dots]
    ys = [dot.y for dot in curve.dots]
    x_ticks = value_ticks(min(xs), max(xs), _TICKS)
    y_ticks = value_ticks(0.0, max([*ys, curve.level.value if curve.level else 0.0]) or 1.0, _TICKS)
    across = Axis(x_ticks[0], x_ticks[-1], _LEFT, _WIDTH - _RIGHT)
    up = Axis(0.0, y_ticks[-1], _HEIGHT - _FOOT, _TOP)
    body = [
        text(_LEFT, 20, curve.title, theme.ink, size=14, weight="bold"),
        text(_LEFT, 38, curve.subtitle, theme.faint),
        text(_LEFT, _TOP - 12, curve.y_title, theme.ink, weight="bold"),
        text(across.end, _HEIGHT - 8, curve.x_title, theme.ink, anchor="end", weight="bold"),
        *_grid(across, up, x_ticks, y_ticks, theme),
        *_level(curve.level, across, up, theme),
        *_line_of(curve.dots, across, up, theme),
        *_labels(curve.dots, across, up, theme),
    ]
    return document("".join(body), curve.title, curve.description, theme, (_WIDTH, _HEIGHT))


def _grid(
    across: Axis, up: Axis, x_ticks: Sequence[float], y_ticks: Sequence[float], theme: Theme
) -> Iterator[str]:
    for value in x_ticks:
        x = across.at(value)
        yield line(x, up.start, x, up.end, theme.faint, opacity=0.2)
        yield text(x, up.start + 16, _amount(value, x_ticks), theme.faint, anchor="middle")
    for value in y_ticks:
        y = up.at(value)
        yield line(across.start, y, across.end, y, theme.faint, opacity=0.6 if value == 0 else 0.2)
        yield text(across.start - 6, y + 4, _amount(value, y_ticks), theme.faint, anchor="end")


def _amount(value: float, ticks: Sequence[float]) -> str:
    return amount(float(f"{value:.6g}"), ticks[-1])


def _level(level: Level | None, across: Axis, up: Axis, theme: Theme) -> Iterator[str]:
    if level is not None:
        y = up.at(level.value)
        yield line(across.start, y, across.end, y, theme.level, dash="5 3")
        yield text(across.start + 4, y - 4, level.label, theme.level, halo=theme)


def _line_of(dots: Sequence[Dot], across: Axis, up: Axis, theme: Theme) -> Iterator[str]:
    points = " ".join(
        f"{across.at(dot.x):.1f},{up.at(dot.y):.1f}" for dot in dots if not dot.is_apart
    )
    colour = theme.series[0]
    yield (
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.4"'
        ' stroke-linejoin="round"/>'
    )
    for dot in dots:
        stroke = theme.level if dot.is_marked else colour
        fill = theme.level if dot.is_marked else theme.background
        yield (
            f'<circle cx="{across.at(dot.x):.1f}" cy="{up.at(dot.y):.1f}" r="{_RADIUS}"'
            f' fill="{fill}" stroke="{stroke}" stroke-width="1.6">'
            f"<title>{escape(dot.label)}</title></circle>"
        )


def _labels(dots: Sequence[Dot], across: Axis, up: Axis, theme: Theme) -> Iterator[str]:
    """Yield the labels that have room; a label of a dense place is a tooltip only."""
    around = [(across.at(dot.x), up.at(dot.y)) for dot in dots]
    taken: list[Box] = [(x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS) for x, y in around]
    for dot, (x, y) in sorted(
        zip(dots, around, strict=True), key=lambda each: not each[0].is_marked
    ):
        for right, down, anchor in _OFFSETS:
            left = x + right - _SHARES[anchor] * _LETTER * len(dot.label)
            box = (left, y + down - _LINE, left + _LETTER * len(dot.label), y + down)
            inside = box[0] >= across.start and box[2] <= across.end + _RIGHT and box[3] <= up.start
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                colour = theme.level if dot.is_marked else theme.ink
                yield text(x + right, y + down, dot.label, colour, anchor=anchor, halo=theme)
                break


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
