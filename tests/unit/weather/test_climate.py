"""The embedded climatology against what is known of some cities."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_services.contract.conditions import condition

SAO_PAULO, DUBAI, MANAUS, LONDON = (-23.55, -46.63), (25.2, 55.27), (-3.1, -60.02), (51.51, -0.13)
LA_PAZ, YAKUTSK, SOUTH_POLE = (-16.5, -68.15), (62.03, 129.73), (-90.0, 0.0)


def middle_of(month: int, hour: int = 12) -> datetime:
    return datetime(2026, month, 15, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("point", "month", "celsius"),
    [
        (SAO_PAULO, 1, 22.6),
        (SAO_PAULO, 7, 16.6),
        (DUBAI, 7, 35.6),
        (DUBAI, 1, 19.5),
        (MANAUS, 4, 26.5),
        (MANAUS, 9, 28.0),
        (LONDON, 1, 5.0),
        (LONDON, 7, 17.8),
        (YAKUTSK, 1, -38.0),
        (YAKUTSK, 7, 19.5),
    ],
)
def test_monthly_means_are_those_of_the_place(climatology, point, month, celsius):
    usual = climatology.normals(*point, middle_of(month))

    assert usual.temperature == pytest.approx(celsius, abs=1.6)


@pytest.mark.parametrize(
    ("point", "millimetres"), [(SAO_PAULO, 1428), (DUBAI, 57), (MANAUS, 2801), (LONDON, 709)]
)
def test_a_years_rain_is_that_of_the_place(climatology, point, millimetres):
    months = (climatology.normals(*point, middle_of(month)) for month in range(1, 13))

    assert sum(usual.precipitation for usual in months) == pytest.approx(
        millimetres, rel=0.12, abs=10
    )


def test_the_year_has_no_jumps(climatology):
    days = [datetime(2024, 1, 1, tzinfo=UTC).replace(month=m, day=d)
            for m in range(1, 13) for d in range(1, 29)]  # fmt: skip
    usual = [climatology.normals(*YAKUTSK, day).temperature for day in [*days, days[0]]]

    steps = [abs(later - earlier) for earlier, later in pairwise(usual)]
    assert max(steps) < 2.5


def test_the_date_line_is_no_border(climatology):
    west = climatology.normals(52.0, 180.0, middle_of(1))
    east = climatology.normals(52.0, -179.9999, middle_of(1))

    assert west.temperature == pytest.approx(east.temperature, abs=0.01)


def test_the_warmest_hour_is_three_in_the_afternoon_by_the_sun(climatology):
    by_hour = {
        hour: climatology.estimate(*LONDON, middle_of(7, hour)).temperature for hour in range(24)
    }

    assert max(by_hour, key=by_hour.get) == 15
    assert by_hour[15] - by_hour[3] == pytest.approx(2 * 4.1 * 0.62, abs=1.0)


def test_deserts_swing_wider_than_rain_forests(climatology):
    def swing(point, month):
        hours = [climatology.estimate(*point, middle_of(month, h)).temperature for h in range(24)]
        return max(hours) - min(hours)

    assert swing((23.0, 5.0), 7) > 1.5 * swing(MANAUS, 3)


@pytest.mark.parametrize(
    ("point", "month", "words"),
    [
        (DUBAI, 7, "clear"),
        (LONDON, 5, "partly cloudy"),
        (MANAUS, 3, "rain"),
        (SAO_PAULO, 1, "rain"),
        ((69.65, 18.96), 1, "snow"),
    ],
)
def test_the_sky_is_guessed_from_the_rain(climatology, point, month, words):
    assert climatology.estimate(*point, middle_of(month)).condition == words


def test_an_estimate_is_marked_as_one_and_has_day_and_night(climatology):
    noon = climatology.estimate(*LONDON, middle_of(7, 12))
    midnight = climatology.estimate(*LONDON, middle_of(7, 0))

    assert (noon.source, noon.estimated, noon.stale) == ("climatology", True, False)
    assert (noon.is_day, midnight.is_day) == (True, False)
    assert noon.observed_at == middle_of(7, 12)


def test_an_estimate_is_the_same_for_an_hour(climatology):
    hour = [
        climatology.estimate(*LONDON, middle_of(7, 12) + timedelta(minutes=minutes, seconds=7))
        for minutes in range(0, 60, 7)
    ]

    assert set(hour) == {climatology.estimate(*LONDON, middle_of(7, 12))}
    assert climatology.estimate(*LONDON, middle_of(7, 13)) not in hour


@given(
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_every_point_and_time_has_an_estimate(climatology, latitude, longitude, at):
    weather = climatology.estimate(latitude, longitude, at)

    assert -80 < weather.temperature < 50
    assert weather.condition == condition(weather.code)
