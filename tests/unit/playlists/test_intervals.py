"""The two interval policies at every boundary."""

import pytest

from mare_services.contract.music import Mood
from mare_services.playlists.domain import intervals


@pytest.mark.parametrize(
    ("policy", "celsius", "expected"),
    [
        ("ifood", 30.01, Mood.PARTY),
        ("ifood", 30.0, Mood.POP),
        ("ifood", 15.0, Mood.POP),
        ("ifood", 14.99, Mood.ROCK),
        ("ifood", 14.5, Mood.ROCK),
        ("ifood", 10.0, Mood.ROCK),
        ("ifood", 9.99, Mood.CLASSICAL),
        ("ifood", -40.0, Mood.CLASSICAL),
        ("ingaia", 25.01, Mood.POP),
        ("ingaia", 25.0, Mood.ROCK),
        ("ingaia", 10.0, Mood.ROCK),
        ("ingaia", 9.99, Mood.CLASSICAL),
    ],
)
def test_a_temperature_belongs_to_exactly_one_interval(policy, celsius, expected):
    assert intervals.choose(policy, celsius, "en").mood is expected


def test_the_reason_names_the_interval():
    choice = intervals.choose("ifood", 22.0, "pt")

    assert [reason.rule for reason in choice.reasons] == ["15 to 30 °C"]
    assert choice.energy is None
