"""Charts on request: of bounded size and rate, and drawn once for all visitors."""

from collections import OrderedDict, deque
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from mare.custom_resource.autoscaler import Key
from mare.dashboard.chart import LANGUAGES, Frame, chart
from mare.dashboard.http_rules import HttpError
from mare.dashboard.serialize import encode_json
from mare.loop.record import AutoscalerHistory
from mare.loop.time_series import SPANS
from mare.ports import Clock

_MIN_WIDTH, _MAX_WIDTH = 280, 1600
_MIN_HEIGHT, _MAX_HEIGHT = 200, 800
_MAX_CACHED = 16
_FRESH_SECONDS = 0.9
_MAX_PER_SECOND = 10
"""One drawing takes about 10 ms of the event loop that also scales."""


class Charts:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cache: OrderedDict[tuple[Key, Frame], tuple[float, str]] = OrderedDict()
        self._recent: deque[float] = deque(maxlen=_MAX_PER_SECOND)

    def text(self, history: AutoscalerHistory, query: Mapping[str, str]) -> str:
        """Return the chart as JSON; raise `HttpError`."""
        key, now, frame = history.view.autoscaler.key, self._clock(), frame_of(query)
        cached = self._cache.get((key, frame))
        if cached is not None and 0 <= now - cached[0] < _FRESH_SECONDS:
            return cached[1]
        if len(self._recent) == _MAX_PER_SECOND and 0 <= now - self._recent[0] < 1:
            text = f"At most {_MAX_PER_SECOND} charts are drawn per second. Try again."
            raise HttpError(429, "TooManyRequests", text, retry_after=1)
        self._recent.append(now)
        drawn = encode_json(chart(history, frame, now))
        self._cache[key, frame] = now, drawn
        self._cache.move_to_end((key, frame))
        if len(self._cache) > _MAX_CACHED:
            self._cache.popitem(last=False)
        return drawn


def frame_of(query: Mapping[str, str]) -> Frame:
    """Read the form of a chart; raise `HttpError` with the allowed values."""
    spans = {span.name: span for span in SPANS}
    language, span = query.get("lang", "en"), query.get("range", SPANS[0].name)
    if span not in spans:
        raise _bad_request(f"range must be one of {', '.join(spans)}")
    if language not in LANGUAGES:
        raise _bad_request(f"lang must be one of {', '.join(LANGUAGES)}")
    return Frame(
        span=spans[span],
        width=_size(query, "width", 900, _MIN_WIDTH, _MAX_WIDTH),
        height=_size(query, "height", 420, _MIN_HEIGHT, _MAX_HEIGHT),
        language=language,
        zone=_zone(query.get("tz", "UTC")),
    )


def _size(query: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and low <= int(text[:6]) <= high):
        raise _bad_request(f"{name} must be a number from {low} to {high}")
    return int(text)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise _bad_request("tz must be a time zone such as America/Recife") from error


def _bad_request(message: str) -> HttpError:
    return HttpError(400, "BadRequest", f"{message}.")
