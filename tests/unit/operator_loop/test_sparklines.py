"""The line of the depths of the last ten minutes."""

import math

from mare.dashboard.sparklines import HEIGHT, WIDTH, sparkline
from mare.loop.time_series import SPANS, UNKNOWN, TimeSeries

NOW = 7200.0


def line_of(*depths):
    """Return the line of a depth for each 10 s, the last one at NOW."""
    series = TimeSeries(SPANS[1])
    for number, depth in enumerate(reversed(depths)):
        series.add(NOW - 10 * (len(depths) - 1 - number), UNKNOWN._replace(depth=depth))
    return sparkline(series, NOW)


def points_of(path):
    return [tuple(map(float, each.split(","))) for each in path.strip("M").split("L")]


def test_the_line_goes_from_ten_minutes_ago_to_now_and_up_to_the_highest_depth():
    line = line_of(*range(100))

    (first_x, _), *_, (last_x, last_y) = points_of(line["path"])
    assert (first_x, last_x) == (0, WIDTH)
    assert last_y == HEIGHT - 1
    assert min(y for _, y in points_of(line["path"])) == 1
    assert line["highest"] == 60


def test_a_constant_depth_is_a_line_of_two_points():
    assert points_of(line_of(*[0.0] * 90)["path"]) == [(0, HEIGHT - 1), (WIDTH, HEIGHT - 1)]


def test_an_unknown_depth_is_a_gap():
    assert line_of(5, 5, math.nan, math.nan, 5, 5)["path"].count("M") == 2
    assert line_of(math.nan, math.nan) == {"path": "", "highest": None}
