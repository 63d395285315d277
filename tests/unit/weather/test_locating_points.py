"""Coordinates: on land, at sea, at the poles and around the date line."""

import math
import zoneinfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mare_services.contract.errors import InvalidRequest
from mare_services.contract.places import PlaceQuery
from mare_services.weather.domain.coordinates import Points, distance_km
from mare_services.weather.locator import NEAREST_KM

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)
points = st.tuples(latitudes, longitudes)


@pytest.fixture
def at(locator):
    return lambda latitude, longitude, **rest: locator.locate(
        PlaceQuery(latitude=latitude, longitude=longitude, **rest)
    )


@pytest.mark.parametrize(
    ("point", "name", "country", "timezone"),
    [
        ((-8.06, -34.87), "Recife", "BR", "America/Recife"),
        ((-3.1, -60.02), "Manaus", "BR", "America/Manaus"),
        ((51.507, -0.128), "London", "GB", "Europe/London"),
        ((-16.8, -179.97), "Labasa", "FJ", "Pacific/Fiji"),
        ((-16.5, 179.9), "Labasa", "FJ", "Pacific/Fiji"),
    ],
)
def test_a_point_near_a_city_has_its_name_and_time_zone_but_keeps_its_coordinates(
    at, point, name, country, timezone
):
    place = at(*point).place

    assert (place.name, place.country_code, place.timezone) == (name, country, timezone)
    assert (place.latitude, place.longitude) == point
    assert place.id is not None


@pytest.mark.parametrize(
    ("latitude", "longitude", "name", "timezone"),
    [
        (-12.5, -30.0, "12.50° S, 30.00° W", "Etc/GMT+2"),
        (0.0, 0.0, "0.00°, 0.00°", "Etc/GMT"),
        (0.0, -140.0, "0.00°, 140.00° W", "Etc/GMT+9"),
        (30.0, 179.99, "30.00° N, 179.99° E", "Etc/GMT-12"),
        (90.0, 45.0, "North Pole", "Etc/GMT"),
        (89.0, 170.0, "89.00° N, 170.00° E", "Etc/GMT-11"),
    ],
)
def test_a_point_far_from_any_city_is_named_by_its_coordinates(
    at, latitude, longitude, name, timezone
):
    located = at(latitude, longitude)

    assert (located.place.id, located.place.name) == (None, name)
    assert located.place.timezone == timezone
    assert located.place.country_code is None
    assert located.alternatives == ()


@pytest.mark.parametrize(
    ("point", "name", "country", "timezone"),
    [
        ((-3.854, -32.424), "3.85° S, 32.42° W", "BR", "America/Noronha"),
        ((-25.345, 131.036), "25.34° S, 131.04° E", "AU", "Australia/Darwin"),
        ((-43.95, -176.55), "43.95° S, 176.55° W", "NZ", "Pacific/Chatham"),
        ((72.0, -40.0), "72.00° N, 40.00° W", "GL", "America/Nuuk"),
        ((-77.85, 166.67), "77.85° S, 166.67° E", "AQ", "Antarctica/McMurdo"),
        ((-90.0, 0.0), "South Pole", "AQ", "Antarctica/McMurdo"),
    ],
)
def test_land_far_from_any_city_has_its_country_and_its_civil_time(
    at, point, name, country, timezone
):
    located = at(*point)

    place = located.place
    assert (place.id, place.name) == (None, name)
    assert (place.country_code, place.timezone) == (country, timezone)
    assert "OpenStreetMap" in located.attribution[0]


def test_words_for_coordinates_follow_the_language(at):
    assert at(-12.5, -30.0, lang="pt").place.name == "12,50° S, 30,00° O"
    assert at(12.5, 160.0, lang="pt").place.name == "12,50° N, 160,00° L"
    assert at(-90.0, 0.0, lang="pt").place.name == "Polo Sul"


def test_both_names_of_the_date_line_are_one_meridian(at):
    assert at(-17.7, -180.0) == at(-17.7, 180.0)


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (90.01, 0),
        (-91, 0),
        (0, 180.01),
        (0, -181),
        (0, 360),
        (math.nan, 0),
        (0, math.nan),
        (math.inf, 0),
        (0, -math.inf),
    ],
)
def test_points_beyond_the_earth_are_refused(at, latitude, longitude):
    with pytest.raises(InvalidRequest, match="must be a number from"):
        at(latitude, longitude)


@pytest.mark.parametrize(
    "query",
    [
        PlaceQuery(),
        PlaceQuery(latitude=1.0),
        PlaceQuery(longitude=1.0),
        PlaceQuery(city="Recife", latitude=1.0, longitude=1.0),
        PlaceQuery(city="Recife", longitude=1.0),
        PlaceQuery(country="BR"),
    ],
)
def test_too_little_and_too_much_are_refused(locator, query):
    with pytest.raises(InvalidRequest):
        locator.locate(query)


@given(latitude=latitudes, longitude=longitudes)
@example(latitude=90.0, longitude=180.0)
@example(latitude=-90.0, longitude=-180.0)
@example(latitude=5e-324, longitude=-5e-324)
def test_every_point_of_the_earth_has_a_name_and_a_clock(locator, latitude, longitude):
    place = locator.locate(PlaceQuery(latitude=latitude, longitude=longitude)).place

    assert place.name
    assert zoneinfo.ZoneInfo(place.timezone)


@given(
    known=st.lists(points, max_size=40),
    point=points,
    radius=st.sampled_from([1.0, 50.0, 100.0, 500.0, 5_000.0, 25_000.0]),
)
@example(known=[(0.0, 179.9)], point=(0.0, -179.9), radius=50.0)
@example(known=[(89.9, 0.0)], point=(89.9, 180.0), radius=50.0)
@example(known=[(-90.0, 12.0)], point=(-89.99, -100.0), radius=50.0)
def test_the_nearest_is_what_brute_force_finds(known, point, radius):
    distances = [distance_km(point, other) for other in known]

    found = Points(known).nearest(point, radius)

    if found is None:
        assert min(distances, default=math.inf) > radius
    else:
        assert distances[found] == pytest.approx(min(distances), rel=1e-6, abs=1e-6)
        assert distances[found] <= radius


@given(point=points)
def test_the_nearest_city_is_what_brute_force_finds(gazetteer, every_city, point):
    expected = min(every_city, key=lambda city: distance_km(point, city))

    found = gazetteer.nearest(*point, NEAREST_KM)

    if distance_km(point, expected) > NEAREST_KM:
        assert found is None
    else:
        assert distance_km(point, (found.latitude, found.longitude)) == pytest.approx(
            distance_km(point, expected)
        )


@pytest.fixture(scope="module")
def every_city(gazetteer):
    """A thousandth part would prove nothing about borders of buckets: all, but only positions."""
    rows = gazetteer._database.execute("SELECT latitude, longitude FROM city")
    return rows.fetchall()


@pytest.mark.parametrize("point", [(35.6, 139.7), (51.5, -0.1), (89.99, 12.0), (-23.5, -46.6)])
def test_the_nearest_city_is_found_without_a_search_of_all_of_them(gazetteer, effort, point):
    gazetteer.nearest(*point, NEAREST_KM)  # loads the index

    calls, steps = effort(lambda: gazetteer.nearest(*point, NEAREST_KM))

    assert calls < 15_000  # of 34,000 cities; a distance is at least one call
    assert steps < 1_000
