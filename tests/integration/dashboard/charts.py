"""Charts of a periodic load with an unknown interval, as the operator draws them."""

import math

from mare.custom_resource.autoscaler import read_autoscaler
from mare.dashboard.chart import chart as draw
from mare.dashboard.chart_requests import frame_of
from mare.dashboard.sparklines import HEIGHT, WIDTH, sparkline
from mare.domain.estimates import Estimates
from mare.domain.unknown import Unknown
from mare.loop.record import AutoscalerHistory, View
from mare.loop.time_series import SPANS, UNKNOWN, Sample, TimeSeries
from mare.ports import BrokerReading
from tests.integration.dashboard.payloads import Json
from tests.unit.operator_loop.worlds import body

SPEC = {"target": {"type": "QueueWaitTime", "waitSeconds": 2}, "maxReplicas": 20}


def chart(snapshot: Json, query: dict[str, str]) -> Json:
    frame, end = frame_of(query), float(int(snapshot["at"]))
    history = AutoscalerHistory(_view(end))
    series, slots = history.series[SPANS.index(frame.span)], frame.span.slots
    for slot in range(slots + 1):
        tide, later = (
            0.5 + 0.5 * math.sin(12 * max(0, n) / slots) for n in (slot, slot - slots / 25)
        )
        loaded = Sample(
            round(400 * tide), 3.2 * tide, 2 + round(6 * later), None, 2 + round(6 * tide)
        )
        is_unknown = 0.3 * slots <= slot < 0.37 * slots
        replicas = loaded._replace(depth=math.nan, wait_seconds=math.nan)
        series.add(end - frame.span.step * (slots - slot), replicas if is_unknown else loaded)
    marks = [each for each in snapshot["decisions"] if each["at"] > end - frame.span.seconds]
    changes = [each for each in marks if each["sentence"]["from"] != each["sentence"]["to"]]
    return draw(history, frame, end) | {"marks": changes}


def _view(at: float) -> View:
    unread = Unknown("NotReadYet", "nothing is read")
    return View(
        at=at,
        autoscaler=read_autoscaler(body("playlists", **SPEC)),
        scale=unread,
        reading=BrokerReading(queues=(), busy={}),
        statistics_at=None,
        decision=None,
        estimates=Estimates(),
        history=None,
        depth=None,
        wait_seconds=None,
        rates=None,
        conditions=(),
    )


def sparklines(state: Json) -> Json:
    """Return a periodic depth with an unknown interval for each object."""
    at = state["at"]
    series = TimeSeries(SPANS[1])
    for age in range(1200, 0, -10):
        depth = math.nan if 200 <= age < 240 else 120 + round(120 * math.sin(age / 40))
        series.add(int(at) - age, UNKNOWN._replace(depth=depth))
    line, nothing = sparkline(series, at), {"path": "", "highest": None}
    lines = {
        f"{each['namespace']}/{each['name']}": nothing if each["depth"]["value"] is None else line
        for each in state["objects"]
    }
    return {"width": WIDTH, "height": HEIGHT, "lines": lines}
