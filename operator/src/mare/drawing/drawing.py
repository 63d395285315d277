"""Draws a figure as SVG of text and plain shapes, without scripts and style sheets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from xml.sax.saxutils import escape

from mare.drawing.axes import (
    Axis,
    amount,
    duration,
    local_ticks,
    round_top,
    time_of_day,
    time_ticks,
)
from mare.drawing.elements import document, line, text
from mare.drawing.figure import Column, Figure, Panel, Series, Shape, Theme
from mare.drawing.paths import path_of

_LEFT, _RIGHT, _GAP = 46, 14, 14
_HEAD, _NO_HEAD, _TITLE, _FOOT = 44, 8, 26, 30
_ROOM = 16
"""Pixels that a label needs above its level; with less room it is below."""
_LETTER, _SAMPLE = 6.8, 41
"""Width in pixels of a letter, and of the sample of a series in a legend with its gaps."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The positions of a figure's panels, in pixels."""

    height: int
    times: tuple[Axis, ...]
    """The time axis of each column."""
    values: tuple[Axis, ...]
    """The axis of values of each row."""


def layout(figure: Figure, *, width: int, panel_height: int) -> Layout:
    rows = len(figure.columns[0].panels)
    head = _HEAD if any(column.title for column in figure.columns) else _NO_HEAD
    each = (width - _RIGHT) / len(figure.columns)
    values = []
    for row in range(rows):
        top = head + row * (panel_height + _TITLE) + _TITLE
        values.append(Axis(0.0, _top_of_row(figure, row), top + panel_height, top))
    return Layout(
        height=head + rows * (panel_height + _TITLE) + _FOOT,
        times=tuple(
            Axis(figure.start, figure.end, index * each + _LEFT, (index + 1) * each - _GAP)
            for index in range(len(figure.columns))
        ),
        values=tuple(values),
    )


def panel_height_for(height: int, rows: int) -> int:
    """Return the panel height of a figure with `height` pixels and no headings."""
    return (height - _NO_HEAD - _FOOT) // rows - _TITLE


def draw(figure: Figure, theme: Theme, *, width: int = 1280, panel_height: int = 130) -> str:
    """Draw a figure: columns side by side, the panels of a column above one another."""
    placed = layout(figure, width=width, panel_height=panel_height)
    height = placed.height
    body: list[str] = []
    for column, time in zip(figure.columns, placed.times, strict=True):
        body += _heading(column, time.start, theme)
        for panel, values in zip(column.panels, placed.values, strict=True):
            body += _panel(panel, time, values, theme, figure.decimal_separator)
        body += _time_axis(time, height - _FOOT, theme, figure.zone)
    title, description, size = figure.title, figure.description, (width, height)
    return document("".join(body), title, description, theme, size, kind="chart")


def _top_of_row(figure: Figure, row: int) -> float:
    panels = [column.panels[row] for column in figure.columns]
    given = [panel.top for panel in panels if panel.top is not None]
    if given:
        return max(given)
    counts = all(s.shape is not Shape.LINE for panel in panels for s in panel.series)
    values = [
        value
        for panel in panels
        for series in panel.series
        for _, value in series.points
        if value is not None
    ]
    values += [level.value for panel in panels for level in panel.levels]
    return round_top(max(values, default=0.0), whole=counts)


def _heading(column: Column, left: float, theme: Theme) -> Iterator[str]:
    if column.title:
        yield text(left, 17, column.title, theme.ink, size=14, weight="bold")
    if column.subtitle:
        yield text(left, 34, column.subtitle, theme.faint)


def _panel(
    panel: Panel, time: Axis, values: Axis, theme: Theme, decimal_separator: str
) -> Iterator[str]:
    if _has_room(panel, time):
        yield text(time.start, values.end - 6, panel.title, theme.ink, weight="bold")
    yield from _legend(panel, time, values, theme)
    if panel.band is not None:
        low, high = panel.band
        y = values.at(min(high, values.high))
        yield (
            f'<rect x="{time.start:.1f}" y="{y:.1f}" width="{time.end - time.start:.1f}"'
            f' height="{values.at(low) - y:.1f}" fill="{theme.band}"/>'
        )
    for share in (0.0, 0.5, 1.0):
        value = share * values.high
        y = values.at(value)
        opacity = 0.6 if share == 0 else 0.25
        yield line(time.start, y, time.end, y, theme.faint, opacity=opacity)
        label = amount(value, values.high).replace(".", decimal_separator)
        yield text(time.start - 6, y + 4, label, theme.faint, anchor="end")
    for mark in panel.marks:
        x = time.at(mark.moment)
        yield (
            f"<g><title>{escape(mark.text)}</title>"
            + line(x, values.start, x, values.end, theme.faint, opacity=0.5, dash="1 3")
            + "</g>"
        )
    for series in panel.series:
        yield _series(series, time, values, theme)
    for level in panel.levels:
        if level.value <= values.high:
            y = values.at(level.value)
            yield line(time.start, y, time.end, y, theme.level, dash="5 3")
            baseline = y - 4 if y - values.end > _ROOM else y + 13
            yield text(time.end - 3, baseline, level.label, theme.level, anchor="end", halo=theme)


def _has_room(panel: Panel, time: Axis) -> bool:
    """Return whether the title fits beside the legend; without room it is left out."""
    names = [series.name for series in panel.series] if len(panel.series) > 1 else []
    legend = sum(_LETTER * len(name) + _SAMPLE for name in names)
    return time.end - time.start >= legend + 1.1 * _LETTER * len(panel.title)


def _legend(panel: Panel, time: Axis, values: Axis, theme: Theme) -> Iterator[str]:
    if len(panel.series) < 2:  # noqa: PLR2004
        return
    x = time.end
    for series in reversed(panel.series):
        colour = theme.series[series.colour % len(theme.series)]
        name_width = _LETTER * len(series.name)
        if x < name_width + 17:
            return  # with its sample, the edge of the picture would cut it
        yield text(x, values.end - 6, series.name, theme.ink, anchor="end")
        x -= name_width + 5
        if series.shape is Shape.AREA:
            yield (
                f'<rect x="{x - 12:.1f}" y="{values.end - 14:.1f}" width="12" height="8"'
                f' fill="{colour}" fill-opacity="0.35"/>'
            )
        else:
            yield line(x - 12, values.end - 10, x, values.end - 10, colour, width=1.6)
        x -= 24


def _series(series: Series, time: Axis, values: Axis, theme: Theme) -> str:
    colour = theme.series[series.colour % len(theme.series)]
    path = path_of(series, time, values)
    if series.shape is Shape.AREA:
        style = f'fill="{colour}" fill-opacity="0.35"'
    else:
        style = f'fill="none" stroke="{colour}" stroke-width="1.4" stroke-linejoin="round"'
    return f'<path d="{path}" {style}><title>{escape(series.name)}</title></path>'


def _time_axis(time: Axis, y: float, theme: Theme, zone: tzinfo | None) -> Iterator[str]:
    most = max(2, int((time.end - time.start) / 70))
    if zone is None:
        labels = [(each, duration(each)) for each in time_ticks(time.low, time.high, most)]
    else:
        ticks = local_ticks(time.low, time.high, most, zone)
        spacing = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
        labels = [(each, time_of_day(each, zone, spacing)) for each in ticks]
    for moment, label in labels:
        x = time.at(moment)
        yield line(x, y, x, y + 4, theme.faint)
        yield text(x, y + 16, label, theme.faint, anchor="middle")
