"""WMO codes to words."""

import pytest

from mare_services.contract.conditions import Condition, condition, in_words


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (0, "clear"), (1, "clear"), (2, "partly cloudy"), (3, "overcast"), (45, "fog"), (48, "fog"),
        (51, "drizzle"), (52, "drizzle"), (57, "drizzle"), (61, "rain"), (67, "rain"),
        (71, "snow"), (77, "snow"), (80, "rain"), (82, "rain"), (85, "snow"), (86, "snow"),
        (95, "thunderstorm"), (99, "thunderstorm"),
    ],
)  # fmt: skip
def test_a_code_inside_a_range_is_that_range(code, expected):
    assert condition(code) == expected


@pytest.mark.parametrize(
    ("cloud_cover", "precipitation", "expected"),
    [
        (None, None, "partly cloudy"),
        (84.9, 0.0, "partly cloudy"),
        (85.0, 0.0, "overcast"),
        (85.0, 0.1, "rain"),
        (None, 0.1, "rain"),
    ],
)
@pytest.mark.parametrize("code", [None, 4, 44, 60, 90, 100, -1])
def test_an_unknown_code_is_judged_by_rain_then_clouds(code, cloud_cover, precipitation, expected):
    assert condition(code, cloud_cover=cloud_cover, precipitation=precipitation) == expected


def test_every_condition_has_a_portuguese_name():
    assert all(in_words(each, "pt") != each for each in Condition)


def test_an_unknown_word_stays_as_it_is():
    assert in_words("hail of frogs", "pt") == "hail of frogs"
