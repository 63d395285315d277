"""The policies that decide by temperature, at each boundary."""

from datetime import UTC, datetime

import pytest

from mare_services.contract.music import Mood
from mare_services.contract.weather import Weather
from mare_services.playlists.domain.mood import choose


def at(celsius):
    return Weather(
        temperature=celsius, apparent_temperature=None, condition="clear", code=0, is_day=True,
        observed_at=datetime(2026, 6, 1, tzinfo=UTC), source="test",
    )  # fmt: skip


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
    assert choose(policy, at(celsius), 12, "en").mood is expected


def test_the_reason_names_the_interval():
    choice = choose("ifood", at(22.0), 12, "pt")

    assert [reason.rule for reason in choice.reasons] == ["15 to 30 °C"]
    assert choice.energy is None
