"""The `d` of an SVG path for a series."""

from collections.abc import Iterable, Iterator, Sequence

from mare.drawing.axes import Axis
from mare.drawing.figure import Point, Series, Shape
from mare.drawing.thinning import thin


def path_of(series: Series, time: Axis, values: Axis) -> str:
    """The path of a series, with a gap wherever a value is not known."""
    columns = max(1, int(time.end - time.start))
    points = thin(series.points, time.low, time.high, columns)
    parts: list[str] = []
    for run in _runs(points):
        pixels = [(time.at(moment), values.at(min(value, values.high))) for moment, value in run]
        if series.shape is not Shape.LINE:
            pixels = list(_steps(pixels))
        commands = [f"{x:.1f},{y:.1f}" for x, y in pixels]
        if series.shape is Shape.AREA:
            base = values.at(0)
            commands = [
                f"{pixels[0][0]:.1f},{base:.1f}",
                *commands,
                f"{pixels[-1][0]:.1f},{base:.1f}",
            ]
        parts.append("M" + "L".join(commands))
    return "".join(parts)


def _runs(points: Sequence[Point]) -> Iterator[list[tuple[float, float]]]:
    """Stretches of known values; a stretch ends where the first unknown one begins."""
    run: list[tuple[float, float]] = []
    for moment, value in points:
        if value is not None:
            run.append((moment, value))
            continue
        if run:
            yield [*run, (moment, run[-1][1])]
        run = []
    if run:
        yield run


def _steps(pixels: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    before: float | None = None
    for x, y in pixels:
        if before is not None and y != before:
            yield x, before
        yield x, y
        before = y
