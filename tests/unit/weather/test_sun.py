"""The sun against what almanacs say of its rising, and against what everybody knows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_services.weather.domain.sun import elevation, is_day


@pytest.mark.parametrize(
    ("latitude", "longitude", "sunrise"),
    [
        (51.51, -0.13, datetime(2026, 6, 21, 3, 43, tzinfo=UTC)),
        (51.51, -0.13, datetime(2026, 12, 21, 8, 3, tzinfo=UTC)),
        (-23.55, -46.63, datetime(2026, 3, 20, 9, 9, tzinfo=UTC)),
        (35.69, 139.69, datetime(2026, 1, 1, 21, 51, tzinfo=UTC) - timedelta(days=1)),
    ],
)
def test_sunrise_agrees_with_almanacs(latitude, longitude, sunrise):
    margin = timedelta(minutes=5)

    assert not is_day(latitude, longitude, sunrise - margin)
    assert is_day(latitude, longitude, sunrise + margin)


def test_the_poles_have_one_day_and_one_night_a_year():
    for hour in range(0, 24, 3):
        assert is_day(90, 0, datetime(2026, 6, 21, hour, tzinfo=UTC))
        assert not is_day(-90, 0, datetime(2026, 6, 21, hour, tzinfo=UTC))


def test_the_time_zone_of_the_clock_makes_no_difference():
    here = datetime.fromisoformat("2026-06-21T00:43:00-03:00")

    assert elevation(10, 20, here) == elevation(10, 20, here.astimezone(UTC))


@given(st.floats(-90, 90), st.floats(-180, 180), st.datetimes(timezones=st.just(UTC)))
def test_the_sun_is_always_somewhere_in_the_sky(latitude, longitude, at):
    assert -90 <= elevation(latitude, longitude, at) <= 90
