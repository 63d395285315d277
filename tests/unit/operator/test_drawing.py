"""The rules of the drawing: gaps stay gaps, counts are steps, axes begin at zero."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare.drawing.axes import Axis, amount, duration, round_top, time_ticks
from mare.drawing.drawing import draw
from mare.drawing.figure import (
    DARK,
    LIGHT,
    Column,
    Figure,
    Level,
    Mark,
    Panel,
    Series,
    Shape,
    Theme,
)
from mare.drawing.paths import path_of, thin
from mare.drawing.png import png_renderer

SVG = "{http://www.w3.org/2000/svg}"
TIME, VALUES = Axis(0, 100, 0, 100), Axis(0, 10, 100, 0)


def figure(*panels, title="", **given):
    fields = {"title": "a <title>", "description": "a & b", "start": 0.0, "end": 100.0, **given}
    return Figure(columns=(Column(panels=panels, title=title),), **fields)


def lines_of(series):
    return path_of(series, TIME, VALUES).count("M")


def test_an_unknown_value_is_a_gap_and_not_bridged():
    known = Series("n", [(0, 1.0), (10, 2.0), (20, 3.0)])
    broken = Series("n", [(0, 1.0), (10, None), (20, 3.0)])
    assert (lines_of(known), lines_of(broken)) == (1, 2)


def test_unknown_values_alone_draw_nothing():
    assert path_of(Series("n", [(0, None), (10, None)]), TIME, VALUES) == ""


def test_a_count_is_constant_until_its_next_point():
    steps = Series("n", [(0, 1.0), (10, 5.0)], Shape.STEPS)
    assert path_of(steps, TIME, VALUES) == "M0.0,90.0L10.0,90.0L10.0,50.0"


def test_an_area_is_filled_down_to_zero():
    area = Series("n", [(0, 5.0), (10, 5.0)], Shape.AREA)
    assert path_of(area, TIME, VALUES) == "M0.0,100.0L0.0,50.0L10.0,50.0L10.0,100.0"


values = st.one_of(st.none(), st.floats(0, 1e6))


@given(st.lists(values, max_size=300), st.integers(1, 40))
def test_thinning_keeps_extremes_gaps_and_order(drawn, columns):
    points = [(float(index), value) for index, value in enumerate(drawn)]
    kept = thin(points, 0, 300, columns)
    assert kept == sorted(kept, key=lambda point: point[0])
    assert set(kept) <= set(points)
    assert len(kept) <= 5 * columns
    known = [value for value in drawn if value is not None]
    if known:
        left = [value for _, value in kept if value is not None]
        assert (min(left), max(left)) == (min(known), max(known))
    assert (None in drawn) == any(value is None for _, value in kept)


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (0.7, 0.8), (1, 1), (9, 10), (11, 12), (30, 30), (4300, 5000)]
)
def test_axes_end_at_a_round_number(value, top):
    assert round_top(value) == pytest.approx(top)


def test_the_middle_of_an_axis_of_counts_is_a_whole_number():
    assert [round_top(value, whole=True) for value in (0, 1, 3, 5)] == [2, 2, 4, 6]


def test_labels_of_times_and_values():
    assert [duration(s) for s in (0, 90, 900, 7200)] == ["0 s", "90 s", "15 min", "2 h"]
    assert [amount(v, 10_000) for v in (0, 5000, 10_000)] == ["0", "5k", "10k"]
    assert time_ticks(0, 3600, 4) == [0, 900, 1800, 2700, 3600]


def test_the_svg_is_well_formed_and_has_a_description():
    panel = Panel(
        title="Depth <x>",
        series=(Series("ready & waiting", [(0, 1.0), (50, 8.0)]),),
        levels=(Level(5.0, "target"),),
        marks=(Mark(20.0, "2 → 5 replicas"),),
    )
    root = ET.fromstring(draw(figure(panel, title="One"), LIGHT))
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text == "a <title>"
    assert root.find(f"{SVG}desc").text == "a & b"
    texts = {text.text for text in root.iter(f"{SVG}text")}
    assert {"One", "Depth <x>", "target", "0", "8"} <= texts
    assert "2 → 5 replicas" in {title.text for title in root.iter(f"{SVG}title")}


def test_panels_of_a_row_share_their_axis():
    low = Panel(title="n", series=(Series("n", [(0, 1.0)]),))
    high = Panel(title="n", series=(Series("n", [(0, 79.0)]),))
    both = Figure(
        title="",
        description="",
        columns=(Column(panels=(low,)), Column(panels=(high,))),
        start=0.0,
        end=1.0,
    )
    assert draw(both, LIGHT).count(">80<") == 2


def test_colours_can_be_css_variables():
    theme = Theme(
        background="var(--paper)",
        ink="var(--ink)",
        faint="var(--faint)",
        series=("var(--one)",),
        level="var(--level)",
    )
    panel = Panel(title="n", series=(Series("n", [(0, 1.0), (9, 1.0)], colour=3),))
    assert 'stroke="var(--one)"' in draw(figure(panel), theme)


def contrast(one, other):
    def luminance(colour):
        parts = [int(part, 16) / 255 for part in re.findall("..", colour[1:])]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_text_and_lines_have_enough_contrast(theme):
    assert all(contrast(c, theme.background) >= 4.5 for c in (theme.ink, theme.faint, theme.level))
    assert all(contrast(colour, theme.background) >= 3 for colour in theme.series)


def test_a_png_is_rendered():
    panel = Panel(title="n", series=(Series("n", [(0, 1.0), (9, 1.0)]),))
    assert png_renderer()(draw(figure(panel), LIGHT)).startswith(b"\x89PNG")


def test_without_room_the_title_gives_way_to_the_legend():
    names = ("em execução", "desejadas")
    series = tuple(Series(name, [(0.0, 1.0), (90.0, 2.0)], Shape.STEPS) for name in names)
    drawn = figure(Panel(title="Réplicas", series=series))
    wide, narrow = (draw(drawn, LIGHT, width=width) for width in (560, 280))
    assert ">Réplicas</text>" in wide
    assert ">Réplicas</text>" not in narrow
    assert all(f">{name}</text>" in narrow for name in names)


def test_a_name_that_the_picture_would_cut_is_left_out_of_the_legend():
    names = ("running", "desired", "forecast for 13:49")
    series = tuple(Series(name, [(0.0, 1.0), (90.0, 2.0)], Shape.STEPS) for name in names)
    drawn = figure(Panel(title="Replicas", series=series))
    wide, narrow = (draw(drawn, LIGHT, width=width) for width in (560, 280))
    assert all(f">{name}</text>" in wide for name in names)
    assert [f">{name}</text>" in narrow for name in names] == [False, True, True]


def test_times_are_labelled_in_a_time_zone():
    noon = 1_767_268_800.0  # 2026-01-01T12:00:00Z
    drawn = figure(
        Panel(title="p", series=(Series("s", [(noon, 1.0)]),)),
        start=noon,
        end=noon + 3600,
        zone=ZoneInfo("Asia/Kolkata"),
    )
    labels = re.findall(r">(\d\d:\d\d(?::\d\d)?)</text>", draw(drawn, LIGHT, width=900))
    assert labels[0] == "17:30"
    assert all(label.endswith(("0", "5")) for label in labels)


def test_a_band_is_behind_the_series():
    panel = Panel(title="p", series=(Series("s", [(0.0, 1.0)]),), top=10.0, band=(2, 30))
    root = ET.fromstring(draw(figure(panel), replace(LIGHT, band="#eee")))
    [band] = [each for each in root.iter(f"{SVG}rect") if each.get("fill") == "#eee"]
    assert float(band.get("height")) == 0.8 * 130
