"""How a name that is typed without commas may be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_services.weather.domain.place_query import Name, interpretations

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


def test_what_was_said_behind_commas_holds_for_every_reading():
    assert read("paulo sp", qualifiers=("brasil",)) == [
        ("paulo sp", ("brasil",)),
        ("paulo", ("sp", "brasil")),
    ]


@given(st.lists(st.sampled_from(["a", "sp", "rio"]), min_size=1, max_size=40))
def test_there_are_few_readings_and_each_has_a_name(words):
    found = read(" ".join(words))

    assert len(found) <= 6
    assert all(text for text, _ in found)
