"""Charts of a periodic load with an unknown interval, as the operator draws them."""

import math
from typing import Any
from zoneinfo import ZoneInfo

from mare.dashboard.sparklines import HEIGHT, WIDTH, sparkline
from mare.drawing.drawing import draw, layout, panel_height_for
from mare.drawing.figure import Column, Figure, Level, Mark, Panel, Series, Shape, Theme
from mare.loop.time_series import SPANS, UNKNOWN, TimeSeries
from tests.integration.dashboard.payloads import Json

SECONDS = {"10m": 600, "1h": 3600, "24h": 86400}
TEXTS = {
    "en": ("Wait, s", "Replicas", "running", "desired", "target 2 s"),
    "pt": ("Espera, s", "Réplicas", "em execução", "desejadas", "meta 2 s"),
}
THEME = Theme(
    background="var(--chart-background)",
    ink="var(--chart-ink)",
    faint="var(--chart-faint)",
    series=("var(--chart-1)", "var(--chart-2)", "var(--chart-3)", "var(--chart-4)"),
    level="var(--chart-level)",
    band="var(--chart-band)",
)


def chart(snapshot: Json, query: dict[str, str]) -> Json:
    width, height = int(query["width"]), int(query.get("height", 412))
    seconds = SECONDS[query["range"]]
    end = float(int(snapshot["at"]))
    start, step = end - seconds, seconds / 300
    at = [start + step * n for n in range(301)]
    tide = [0.5 + 0.5 * math.sin(moment / seconds * 12) for moment in at]
    gap = range(90, 110)
    samples: dict[str, list[Any]] = {
        "at": at,
        "wait": [None if n in gap else 3.2 * value for n, value in enumerate(tide)],
        "depth": [None if n in gap else round(400 * value) for n, value in enumerate(tide)],
        "running": [2 + round(6 * tide[max(0, n - 12)]) for n in range(301)],
        "desired": [2 + round(6 * value) for value in tide],
    }
    wait, replicas, running, wanted, target = TEXTS[query["lang"]]
    decided = [each for each in snapshot["decisions"] if each["at"] > start]
    marks = [each for each in decided if each["sentence"]["from"] != each["sentence"]["to"]]
    drawn = tuple(Mark(each["at"], each["sentence"]["clauses"][0]["text"]) for each in marks)

    def series(name: str, key: str, shape: Shape, colour: int) -> Series:
        return Series(name, list(zip(at, samples[key], strict=True)), shape, colour)

    panels = (
        Panel(
            title=wait,
            series=(series(wait, "wait", Shape.LINE, 1),),
            levels=(Level(2.0, target),),
            marks=drawn,
        ),
        Panel(
            title=replicas,
            series=(
                series(running, "running", Shape.AREA, 2),
                series(wanted, "desired", Shape.STEPS, 2),
            ),
            levels=(Level(20.0, "max"),),
            marks=drawn,
            band=(0, 20),
        ),
    )
    figure = Figure(
        title=wait,
        description=replicas,
        columns=(Column(panels=panels),),
        start=start,
        end=end,
        zone=ZoneInfo(query["tz"]),
    )
    each = panel_height_for(height, 2)
    placed = layout(figure, width=width, panel_height=each)
    axis = {
        "left": placed.times[0].start,
        "right": placed.times[0].end,
        "width": width,
        "height": placed.height,
        "panels": [
            {"key": key, "top": values.end, "bottom": values.start, "high": values.high}
            for key, values in zip(("wait", "replicas"), placed.values, strict=True)
        ],
    }
    return {
        "range": query["range"],
        "start": start,
        "end": end,
        "step": step,
        "svg": draw(figure, THEME, width=width, panel_height=each),
        "axis": axis,
        "samples": samples,
        "marks": marks,
    }


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
