"""The depths of the last ten minutes of all objects, as paths of small SVG lines for the list.

They are not part of the snapshot, because they change even while the depths do not.
"""

import asyncio
import math
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from mare.dashboard.serialize import Json, encode_json
from mare.drawing.axes import Axis
from mare.drawing.figure import Point, Series
from mare.drawing.paths import path_of
from mare.loop.record import ReadableRecord
from mare.loop.time_series import SPANS, TimeSeries
from mare.ports import Clock

SECONDS = 600
WIDTH, HEIGHT = 100, 20
_MARGIN = 1
"""Half of the stroke at the highest and the lowest value."""
_FRESH_SECONDS = 10.0
_BATCH = 10
"""Lines drawn before the event loop gets a turn: a few milliseconds."""
_SPAN = next(index for index, span in enumerate(SPANS) if span.name == "1h")
"""Its samples are the highest depths of 10 s: 60 points for a line."""


class Sparklines:
    def __init__(self, record: ReadableRecord, clock: Clock) -> None:
        self._record = record
        self._clock = clock
        self._drawing = asyncio.Lock()
        self._drawn_at = -math.inf
        self._text = ""

    async def text(self) -> str:
        """Return all lines as JSON, drawn at most once in 10 s for all visitors together."""
        async with self._drawing:
            now = self._clock()
            if not 0 <= now - self._drawn_at < _FRESH_SECONDS:
                self._text = encode_json(await self._draw(now))
                self._drawn_at = now
            return self._text

    async def _draw(self, now: float) -> Json:
        lines = {}
        for number, (key, history) in enumerate(list(self._record.histories.items())):
            if number % _BATCH == _BATCH - 1:
                await asyncio.sleep(0)
            lines[f"{key.namespace}/{key.name}"] = sparkline(history.series[_SPAN], now)
        return {"width": WIDTH, "height": HEIGHT, "lines": lines}


def sparkline(series: TimeSeries, now: float) -> Json:
    """Return the path of the depths until `now`, and the highest; None if none is known."""
    start = now - SECONDS
    points = [
        (at, each.depth if math.isfinite(each.depth) else None)
        for at, each in series.samples(now)
        if at >= start
    ]
    highest = max((depth for _, depth in points if depth is not None), default=None)
    time = Axis(start, now, 0, WIDTH)
    depths = Axis(0, highest or 1, HEIGHT - _MARGIN, _MARGIN)
    return {
        "path": path_of(Series("depth", _without_repetitions(points)), time, depths),
        "highest": highest if highest is None else int(highest),
    }


def _without_repetitions(points: Sequence[Point]) -> list[Point]:
    """Return the first and the last of equal values in a row; the line stays the same."""
    runs = (list(run) for _, run in groupby(points, key=itemgetter(1)))
    return [point for run in runs for point in (run[0], *run[1:][-1:])]
