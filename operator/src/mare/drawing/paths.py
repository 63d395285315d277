"""The SVG path of a series, with no more points than pixels need."""

from collections.abc import Iterable, Iterator, Sequence

from mare.drawing.axes import Axis
from mare.drawing.figure import Point, Series, Shape


def path_of(series: Series, time: Axis, values: Axis) -> str:
    """Return the `d` of an SVG path, with a gap for each unknown value."""
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
    """Yield runs of known values; a run ends at the time of the next unknown value."""
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


def thin(points: Sequence[Point], start: float, end: float, columns: int) -> list[Point]:
    """Return the points of a time range, at most about five for each pixel column.

    The drawing stays the same: a column keeps its first, lowest, highest and last point, and the
    first unknown one, which begins a gap.
    """
    result: list[Point] = []
    column: list[Point] = []
    column_index = -1
    for point in points:
        if not start <= point[0] <= end:
            continue
        index = int((point[0] - start) / (end - start) * columns) if end > start else 0
        if index != column_index:
            result += _extremes(column)
            column, column_index = [], index
        column.append(point)
    return [*result, *_extremes(column)]


def _extremes(column: Sequence[Point]) -> Iterable[Point]:
    """Return the points of one column that determine its drawing, in order."""
    known = [index for index, point in enumerate(column) if point[1] is not None]
    kept = {0, len(column) - 1} if column else set()
    if known:
        kept.add(min(known, key=lambda index: column[index][1] or 0.0))
        kept.add(max(known, key=lambda index: column[index][1] or 0.0))
    if len(known) < len(column):
        kept.add(next(index for index, point in enumerate(column) if point[1] is None))
    return [column[index] for index in sorted(kept)]
