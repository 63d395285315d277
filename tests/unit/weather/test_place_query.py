"""Valid and invalid place queries, and the interpretations of a name without commas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_services.contract.errors import InvalidRequest
from mare_services.contract.places import PlaceQuery
from mare_services.weather.domain.place_query import Name, Point, interpretations, parse_query

AREAS = {"sp", "brasil", "rio", "rio grande do sul", "sul", "usa"}


def read(text, **rest):
    return [
        (name.text, name.qualifiers)
        for name in interpretations(Name(text=text, **rest), AREAS.__contains__)
    ]


@pytest.mark.parametrize(
    ("typed", "shorter"),
    [
        ("São Paulo", []),
        ("São Paulo SP", [("sao paulo", ("sp",))]),
        (
            "sao paulo sp brasil",
            [("sao paulo sp", ("brasil",)), ("sao paulo", ("sp", "brasil"))],
        ),
        ("sp", []),
        ("paulo sp nowhere", []),
        (
            "santa maria rio grande do sul brasil",
            [
                ("santa maria rio grande do sul", ("brasil",)),
                ("santa maria rio grande do", ("sul", "brasil")),
                ("santa maria", ("rio grande do sul", "brasil")),
            ],
        ),
    ],
)
def test_words_behind_a_name_are_read_as_areas_if_all_of_them_are(typed, shorter):
    assert read(typed) == [(typed, ()), *shorter]


def test_areas_behind_commas_apply_to_every_interpretation():
    assert read("paulo sp", qualifiers=("brasil",)) == [
        ("paulo sp", ("brasil",)),
        ("paulo", ("sp", "brasil")),
    ]


@given(st.lists(st.sampled_from(["a", "sp", "rio"]), min_size=1, max_size=40))
def test_there_are_few_readings_and_each_has_a_name(words):
    found = read(" ".join(words))

    assert len(found) <= 6
    assert all(text for text, _ in found)


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        ({}, ["city", "lat", "lon"]),
        ({"latitude": 1.0}, ["lon"]),
        ({"longitude": 1.0}, ["lat"]),
        ({"city": "Recife", "latitude": 1.0, "longitude": 2.0}, ["city", "lat", "lon"]),
        ({"city": "Recife", "latitude": 1.0}, ["city", "lat"]),
        ({"latitude": 1.0, "longitude": 2.0, "country": "BR"}, ["country"]),
        ({"latitude": 1.0, "longitude": 2.0, "state": "PE"}, ["state"]),
        ({"latitude": 1.0, "longitude": 2.0, "country": "B", "state": "P"}, ["country", "state"]),
        ({"latitude": 90.01, "longitude": 0.0}, ["lat"]),
        ({"latitude": 0.0, "longitude": float("nan")}, ["lon"]),
        ({"city": "-"}, ["city"]),
        ({"city": " "}, ["city"]),
        ({"city": "a\0b"}, ["city"]),
        ({"city": "x", "country": "y" * 201}, ["country"]),
    ],
)
def test_an_invalid_query_names_its_wrong_parameters(query, parameters):
    with pytest.raises(InvalidRequest) as caught:
        parse_query(PlaceQuery(**query))

    errors = caught.value.extra["errors"]
    assert [each["parameter"] for each in errors] == parameters
    assert {each["detail"] for each in errors} == {caught.value.detail}


def test_coordinates_are_a_point_and_a_city_is_a_name():
    assert parse_query(PlaceQuery(latitude=-8.0, longitude=-180.0)) == Point(-8.0, 180.0)
    assert parse_query(PlaceQuery(city="Recife, PE", country="BR")) == Name(
        text="Recife", qualifiers=("pe",), country="br"
    )
