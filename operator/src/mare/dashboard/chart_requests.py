"""Charts for whoever asks: bounded in size, drawn once for all who want the same."""

from collections import OrderedDict, deque
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from mare.custom_resource.autoscaler import Key
from mare.dashboard.chart import Frame, chart
from mare.dashboard.problem import Refused
from mare.dashboard.serialize import encode_json
from mare.dashboard.words import LANGUAGES
from mare.loop.record import Record
from mare.loop.time_series import SPANS
from mare.ports import Clock

_NARROWEST, _WIDEST = 280, 1600
_LOWEST, _HIGHEST = 200, 800
_ROUND = 20
_KEPT = 16
_FRESH_SECONDS = 0.9
_MOST_A_SECOND = 10
"""Drawings; each takes about 10 ms of the loop that scales."""


class Charts:
    def __init__(self, record: Record, clock: Clock) -> None:
        self._record = record
        self._clock = clock
        self._drawn: OrderedDict[tuple[Key, Frame], tuple[float, str]] = OrderedDict()
        self._lately: deque[float] = deque(maxlen=_MOST_A_SECOND)

    def text(self, key: Key, query: Mapping[str, str]) -> str:
        """The chart as JSON; raises `Refused`."""
        past, now, frame = self._record.histories.get(key), self._clock(), frame_of(query)
        if past is None:
            raise Refused(404, "NotFound", "There is no such object.")
        kept = self._drawn.get((key, frame))
        if kept is not None and 0 <= now - kept[0] < _FRESH_SECONDS:
            return kept[1]
        if len(self._lately) == _MOST_A_SECOND and 0 <= now - self._lately[0] < 1:
            text = f"{_MOST_A_SECOND} charts are drawn each second and no more; ask again."
            raise Refused(429, "TooManyDrawings", text, retry_after=1)
        self._lately.append(now)
        drawn = encode_json(chart(past, frame, now))
        self._drawn[key, frame] = now, drawn
        self._drawn.move_to_end((key, frame))
        if len(self._drawn) > _KEPT:
            self._drawn.popitem(last=False)
        return drawn


def frame_of(query: Mapping[str, str]) -> Frame:
    """How the chart is wanted; raises `Refused` with what may be asked for."""
    spans = {span.name: span for span in SPANS}
    language, span = query.get("lang", "en"), query.get("range", SPANS[0].name)
    if span not in spans:
        raise _bad(f"range is one of {', '.join(spans)}")
    if language not in LANGUAGES:
        raise _bad(f"lang is one of {', '.join(LANGUAGES)}")
    return Frame(
        span=spans[span],
        width=_size(query, "width", 900, _NARROWEST, _WIDEST),
        height=_size(query, "height", 420, _LOWEST, _HIGHEST),
        language=language,
        words=LANGUAGES[language],
        zone=_zone(query.get("tz", "UTC")),
    )


def _size(query: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and low <= int(text[:6]) <= high):
        raise _bad(f"{name} is a number from {low} to {high}")
    return int(text) // _ROUND * _ROUND


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise _bad("tz is a time zone such as America/Recife") from error


def _bad(message: str) -> Refused:
    return Refused(400, "BadRequest", f"{message}.")
