"""Fewer points, the same picture: what falls on one pixel column is its first, lowest and highest.

A gap stays a gap: a point without a value is kept wherever it begins one.
"""

from collections.abc import Iterable, Sequence

from mare.drawing.figure import Point


def thin(points: Sequence[Point], start: float, end: float, columns: int) -> list[Point]:
    """Points within a time, at most about four for each of the columns."""
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
    """The first and last point, the lowest and the highest, and the first unknown one, in order."""
    known = [index for index, point in enumerate(column) if point[1] is not None]
    kept = {0, len(column) - 1} if column else set()
    if known:
        kept.add(min(known, key=lambda index: column[index][1] or 0.0))
        kept.add(max(known, key=lambda index: column[index][1] or 0.0))
    if len(known) < len(column):
        kept.add(next(index for index, point in enumerate(column) if point[1] is None))
    return [column[index] for index in sorted(kept)]
