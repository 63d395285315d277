"""The picture of the README: wait and replicas of each autoscaler, on a desktop and on a phone."""

from collections.abc import Sequence
from dataclasses import replace

from mare.drawing.drawing import draw
from mare.drawing.figure import DARK, LIGHT, Column, Figure, Panel, Series, Shape, Theme
from mare.simulation.results import Result

_GITHUB = {"light": LIGHT, "dark": replace(DARK, background="#0d1117")}
"""Themes by the scheme of the reader's browser."""
_WIDE, _NARROW = 840, 400
"""Widths in pixels, which leave the text at its size."""


def readme_pictures(results: Sequence[Result], seconds: float) -> dict[str, str]:
    """Return SVGs by the end of their names: light, dark, light-narrow, dark-narrow."""
    found = {}
    for scheme, theme in _GITHUB.items():
        found[scheme] = _drawn(results, results, seconds, theme, _WIDE)
        rows = [_drawn([each], results, seconds, theme, _NARROW) for each in results]
        found[f"{scheme}-narrow"] = _stacked(rows, _NARROW, theme)
    return found


def _drawn(
    shown: Sequence[Result], results: Sequence[Result], seconds: float, theme: Theme, width: int
) -> str:
    """Draw results side by side, with the axes of all results."""
    longest = max(sample.wait for each in results for sample in each.samples)
    most = max(sample.wanted for each in results for sample in each.samples)
    top_wait, top_replicas = 4.0 * (longest // 4 + 1), max(2.0, 2.0 * ((most + 1) // 2))
    figure = Figure(
        title="Measured wait and replicas",
        description=" ".join(f"{each.autoscaler}: {_summary(each)}." for each in shown),
        columns=tuple(_column(each, top_wait, top_replicas) for each in shown),
        start=0.0,
        end=seconds,
    )
    return draw(figure, theme, width=width, panel_height=110 if len(shown) > 1 else 80)


def _column(result: Result, longest: float, most: float) -> Column:
    wait = Series("wait", [(s.second, s.wait) for s in result.samples], Shape.LINE, 1)
    replicas = Series(
        "replicas", [(s.second, float(s.wanted)) for s in result.samples], Shape.AREA, 2
    )
    return Column(
        title=result.autoscaler,
        subtitle=_summary(result),
        panels=(
            Panel(title="Oldest message, s", series=(wait,), top=longest),
            Panel(title="Replicas", series=(replicas,), top=most),
        ),
    )


def _summary(result: Result) -> str:
    return f"p95 wait {result.wait_p95:.1f} s, {result.replica_seconds:,.0f} replica-s"


def _stacked(drawings: Sequence[str], width: int, theme: Theme) -> str:
    """Return drawings of the same size above one another."""
    height = int(drawings[0].split('height="')[1].split('"')[0])
    whole = height * len(drawings)
    inner = "".join(
        svg.replace("<svg ", f'<svg y="{index * height}" ', 1) for index, svg in enumerate(drawings)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {whole}" width="{width}"'
        f' height="{whole}" role="img"><rect width="{width}" height="{whole}"'
        f' fill="{theme.background}"/>{inner}</svg>'
    )
