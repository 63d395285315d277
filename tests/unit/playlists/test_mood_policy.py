"""The ``mood`` policy against its own table, and the shape of its numbers over the whole range."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_services.contract.conditions import Condition
from mare_services.contract.music import Mood
from mare_services.contract.weather import Weather
from mare_services.playlists.domain import mood
from mare_services.playlists.domain.mood import choose


def weather(
    celsius: float,
    condition: str = "partly cloudy",
    *,
    feels: float | None = None,
    day: bool = True,
    wind: float | None = 10.0,
) -> Weather:
    return Weather(
        temperature=celsius,
        apparent_temperature=celsius if feels is None else feels,
        condition=condition,
        code=None,
        is_day=day,
        wind_speed=wind,
        observed_at=datetime(2026, 6, 1, 12, tzinfo=UTC),
        source="test",
    )


@pytest.mark.parametrize(
    ("celsius", "condition", "hour", "day", "expected"),
    [
        (32, "clear", 12, True, Mood.PARTY),
        (22, "partly cloudy", 12, True, Mood.FEEL_GOOD),
        (12, "rain", 20, False, Mood.ACOUSTIC),
        (-3, "snow", 12, True, Mood.INSTRUMENTAL),
        (18, "clear", 23, False, Mood.LO_FI),
        (25, "thunderstorm", 15, True, Mood.STORM_ROCK),
        (16, "partly cloudy", 20, True, Mood.FEEL_GOOD),
        (24, "overcast", 12, True, Mood.INDIE),
        (15, "overcast", 12, True, Mood.MELLOW),
    ],
)
def test_typical_weather_has_the_mood_that_people_expect(celsius, condition, hour, day, expected):
    assert mood.choose("mood", weather(celsius, condition, day=day), hour, "en").mood is expected


@pytest.mark.parametrize(
    ("hour", "energy"),
    [(0, 0.35), (5, 0.35), (6, 0.50), (9, 0.50), (10, 0.60), (17, 0.60), (18, 0.55), (21, 0.55),
     (22, 0.45), (23, 0.45)],
)  # fmt: skip
def test_parts_of_the_day_are_half_open(hour, energy):
    assert mood.choose("mood", weather(15), hour, "en").energy == energy


@pytest.mark.parametrize(("celsius", "heat"), [(35.0, False), (35.1, True)])
def test_heat_is_above_thirty_five_degrees(celsius, heat):
    rules = [reason.rule for reason in mood.choose("mood", weather(celsius), 12, "en").reasons]

    assert ("heat" in rules) is heat


@pytest.mark.parametrize(
    ("wind", "strong"), [(None, False), (38.9, False), (39.0, True), (80.0, True)]
)
def test_wind_counts_from_thirty_nine_kilometres_per_hour(wind, strong):
    rules = [
        reason.rule for reason in mood.choose("mood", weather(15, wind=wind), 12, "en").reasons
    ]

    assert ("strong wind" in rules) is strong


def test_the_rules_fire_in_the_order_of_the_policy():
    choice = mood.choose("mood", weather(36, "rain", wind=50), 23, "en")

    assert [reason.rule for reason in choice.reasons] == [
        "apparent temperature", "heat", "rain", "strong wind", "late evening",
    ]  # fmt: skip


def test_air_temperature_stands_in_for_a_missing_apparent_one():
    bare = Weather(
        temperature=25.0, apparent_temperature=None, condition="clear", code=0, is_day=True,
        observed_at=datetime(2026, 6, 1, tzinfo=UTC), source="test",
    )  # fmt: skip

    choice = mood.choose("mood", bare, 12, "en")

    assert choice.reasons[0].rule == "air temperature"
    assert choice.reasons[0].energy == 0.625


@pytest.mark.parametrize(
    ("feels", "energy", "valence", "acousticness"),
    [(-60, 0.25, 0.3, 0.55), (-5, 0.25, 0.3, 0.55), (5, 0.375, 0.4, 0.475), (15, 0.5, 0.5, 0.4),
     (25, 0.625, 0.6, 0.325), (35, 0.75, 0.7, 0.25), (60, 0.75, 0.7, 0.25)],
)  # fmt: skip
def test_the_apparent_temperature_counts_between_cold_and_heat(
    feels, energy, valence, acousticness
):
    warmth = mood.choose("mood", weather(15, feels=feels), 12, "en").reasons[0]

    assert (warmth.rule, warmth.energy, warmth.valence, warmth.acousticness) == (
        "apparent temperature", energy, valence, acousticness,
    )  # fmt: skip


def test_no_value_exceeds_one():
    assert mood.choose("mood", weather(35, "thunderstorm", wind=50), 12, "en").energy == 1.0


@pytest.mark.parametrize(
    ("lang", "name"), [("pt", "festa e dança"), ("en", "party & dance"), ("fr", "party & dance")]
)
@pytest.mark.parametrize(("policy", "celsius"), [("mood", 32.0), ("ifood", 32.0)])
def test_a_choice_names_its_policy_and_the_mood_in_the_language(policy, celsius, lang, name):
    choice = choose(policy, weather(celsius, "clear"), 12, lang)

    assert (choice.policy, choice.version, choice.mood, choice.name) == (
        policy, 1, Mood.PARTY, name,
    )  # fmt: skip


def test_sums_on_a_threshold_count_as_decimals():
    # .50 + .15 + .05 + .05 = .75 in decimals, a hair less in binary floats.
    choice = mood.choose("mood", weather(19, "clear"), 12, "en")

    assert choice.energy == 0.75
    assert choice.mood is Mood.PARTY


@pytest.mark.parametrize(
    ("metres_per_second", "is_strong"), [(10.83, False), (39 / 3.6, True), (10.8333333333, True)]
)
def test_the_wind_counts_as_a_decimal_too(metres_per_second, is_strong):
    choice = mood.choose("mood", weather(19, "clear", wind=metres_per_second * 3.6), 12, "en")

    assert ("strong wind" in [reason.rule for reason in choice.reasons]) is is_strong


any_weather = st.builds(
    weather,
    st.floats(-60, 60).map(lambda celsius: round(celsius, 1)),
    st.sampled_from([str(each) for each in Condition]),
    day=st.booleans(),
    wind=st.none() | st.floats(0, 200),
)
any_hour = st.integers(0, 23)


@given(any_weather, any_hour)
def test_the_reasons_add_up_to_the_values(observed, hour):
    choice = mood.choose("mood", observed, hour, "en")

    for value in ("energy", "valence", "acousticness", "instrumentalness"):
        total = sum(getattr(reason, value) for reason in choice.reasons)
        assert getattr(choice, value) == round(min(max(total, 0.0), 1.0), 6)


@given(
    st.floats(-60, 35), st.floats(-60, 35), st.sampled_from([str(each) for each in Condition]),
    any_hour, st.booleans(),
)  # fmt: skip
def test_energy_never_falls_as_it_gets_warmer_up_to_the_heat(one, other, condition, hour, day):
    cold, warm = sorted((one, other))

    colder = mood.choose("mood", weather(cold, condition, day=day), hour, "en").energy
    warmer = mood.choose("mood", weather(warm, condition, day=day), hour, "en").energy

    assert colder <= warmer


def test_every_mood_of_the_policy_is_reached_somewhere():
    reached = {
        mood.choose(
            "mood", weather(celsius, condition, day=6 <= hour < 18, wind=wind), hour, "en"
        ).mood
        for celsius in range(-20, 42)
        for condition in Condition
        for wind in (10, 50)
        for hour in (3, 8, 12, 20, 23)
    }

    assert reached == set(Mood) - {Mood.POP, Mood.ROCK, Mood.CLASSICAL}
