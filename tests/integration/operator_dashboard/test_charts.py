"""Both charts of an object on one time axis, and their samples."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from mare.custom_resource.autoscaler import Key
from mare.dashboard.chart import _start
from mare.domain.forecast import Recurrence, TideTable
from mare.domain.unknown import Unknown
from tests.integration.operator_dashboard.visiting import have, visit


def charts(*queries, ticks=60, end=None, **spec):
    found = []

    async def timeline(visitor):
        have(visitor.world, "busy", ready=20, replicas=2, **spec)
        for number in range(ticks):
            visitor.world.brokers.ready["busy"] = 20 if number < 30 else 100
            if 40 <= number < 50:
                visitor.world.brokers.ready["busy"] = Unknown("QueueNotFound", "it is gone")
            await visitor.world.tick()
        if end:
            end(visitor.world)
            await visitor.world.tick()
        path = "/api/objects/shop/busy/chart"
        found.extend([await visitor.get(f"{path}{query}") for query in queries])

    visit(timeline)
    return found


def test_samples_and_marks_match_the_history():
    [(status, chart)] = charts("?range=10m")
    assert status == 200
    samples = chart["samples"]
    assert len({len(values) for values in samples.values()}) == 1
    assert samples["depth"][:30] == [20] * 30
    assert samples["depth"][40:50] == [None] * 10
    assert samples["depth"][-1] == 100
    assert samples["desired"][-1] == 10
    [mark] = chart["marks"]
    assert (mark["sentence"]["from"], mark["sentence"]["to"]) == (2, 10)
    assert "100 messages" in mark["sentence"]["clauses"][0]["text"]
    assert chart["end"] - chart["start"] == 60


@pytest.mark.parametrize(
    ("since", "start"), [(None, 400), (0, 400), (400, 400), (700, 700), (990, 940)]
)
def test_the_axis_begins_with_a_short_history(since, start):
    assert _start(since, end=1000, seconds=600) == start


def test_the_svg_has_no_inline_style():
    [(_, chart)] = charts("?width=700&height=280&lang=pt&tz=America/Recife")
    root = ET.fromstring(chart["svg"])
    assert root.get("class") == "chart"
    assert root.get("viewBox") == f"0 0 700 {chart['axis']['height']}"
    assert 260 <= chart["axis"]["height"] <= 280
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "Réplicas" in texts
    assert "America/Recife" in root.find("{http://www.w3.org/2000/svg}desc").text
    assert not [each for each in root.iter() if each.get("style")]
    colours = {each.get("fill") for each in root.iter()} | {e.get("stroke") for e in root.iter()}
    assert all(each in {None, "none"} or each.startswith("var(--chart-") for each in colours)


def test_the_axis_maps_times_to_pixels():
    [(_, chart)] = charts("?range=10m")
    axis, mark = chart["axis"], chart["marks"][0]
    share = (mark["at"] - chart["start"]) / (chart["end"] - chart["start"])
    x = axis["left"] + share * (axis["right"] - axis["left"])
    root = ET.fromstring(chart["svg"])
    lines = [each.get("x1") for each in root.iter("{http://www.w3.org/2000/svg}line")]
    assert min(abs(float(each) - x) for each in lines) < 0.1
    tops = [each["top"] for each in axis["panels"]]
    assert tops[0] < axis["panels"][0]["bottom"] < tops[1]


def test_an_unknown_value_is_a_gap_in_the_line():
    [(_, chart)] = charts("?range=10m")
    root = ET.fromstring(chart["svg"])
    depth = next(
        each for each in root.iter("{http://www.w3.org/2000/svg}path") if each[0].text == "Messages"
    )
    assert depth.get("d").count("M") == 2


WAIT = {"type": "QueueWaitTime", "waitSeconds": 2.5}


@pytest.mark.parametrize(("seconds", "is_drawn"), [(100.0, True), (200.0, False)])
def test_a_load_that_is_due_soon_is_drawn_ahead_of_now(seconds, is_drawn):
    due = []

    def learn(world):
        due.append(world.clock.now + seconds)
        times = tuple(due[0] - 300.0 * number for number in (3, 2, 1))
        coming = Recurrence(times, 300.0, due[0], rate=10.0, before=0.0, agreement=1.0)
        state = world.loop._states[Key("shop", "busy")]
        state.history = replace(state.history, tides=TideTable(next=coming))

    [(_, chart)] = charts("?range=10m", end=learn, target={**WAIT, "capacityPerReplica": 2})

    last = chart["samples"]["at"][-1]
    assert ("forecast for " in chart["svg"]) == is_drawn
    assert chart["end"] == (due[0] + 60.0 if is_drawn else last)


def test_a_wait_target_is_drawn_with_its_level():
    def drain_the_queue(world):
        world.brokers.ready["busy"] = 0

    [(_, chart)] = charts("", target=WAIT, end=drain_the_queue)
    assert chart["axis"]["panels"][0]["key"] == "wait"
    assert "target 2.5 s" in chart["svg"]


def test_while_no_wait_is_known_the_depth_is_drawn():
    [(_, chart)] = charts("", target=WAIT)
    assert set(chart["samples"]["wait"]) == {None}
    assert chart["axis"]["panels"][0]["key"] == "depth"
    assert "target" not in chart["svg"]


@pytest.mark.parametrize(
    "query",
    [
        "?range=1y",
        "?lang=xx",
        "?width=99999",
        "?width=-1",
        "?width=1e3",
        "?height=10",
        "?tz=Nowhere/Else",
        "?tz=../../etc/passwd",
        "?tz=/etc/passwd",
    ],
)
def test_an_invalid_parameter_is_reported_with_the_allowed_values(query):
    [(status, body)] = charts(query, ticks=1)
    assert (status, body["error"]["code"]) == (400, "BadRequest")
    assert "must be" in body["error"]["message"]


def test_at_most_ten_charts_a_second_are_drawn_and_equal_ones_are_shared():
    queries = [f"?width={width}" for width in range(300, 700, 20)]
    statuses = [status for status, _ in charts(*queries, ticks=1)]
    assert statuses == [200] * 10 + [429] * 10
    assert [status for status, _ in charts(*["?width=300"] * 20, ticks=1)] == [200] * 20
