"""The rules of the policy ``mood``: what each property of the weather adds to each value.

The signs follow published evidence. The sizes are assumptions, and have a version.

* Sun raises energy and happiness. Rain lowers both and raises acousticness. Snow raises
  instrumentalness: Climatune, Spotify and AccuWeather, 2017.
* Energetic and positive songs rise with temperature and sunshine: Anglada-Tort et al., "Here comes
  the sun", Royal Society Open Science, 2023.
* Relaxing music late at night, energetic music in working hours: Park et al., Nature Human
  Behaviour, 2019; Heggli et al., 2021.
"""

from mare_services.contract.conditions import Condition
from mare_services.contract.suggestion import Reason
from mare_services.contract.weather import Weather

_NEUTRAL_CELSIUS = 15.0
_SPAN_CELSIUS = 20.0
_HEAT_CELSIUS = 35.0
_STRONG_WIND_KMH = 39.0
"""Beaufort 6, strong breeze."""

_CONDITIONS: dict[Condition, Reason] = {
    Condition.PARTLY_CLOUDY: Reason(rule="partly cloudy", energy=0.05, valence=0.08),
    Condition.OVERCAST: Reason(rule="overcast", energy=-0.05, valence=-0.08, acousticness=0.05),
    Condition.FOG: Reason(
        rule="fog", energy=-0.15, valence=-0.05, acousticness=0.10, instrumentalness=0.20
    ),
    Condition.DRIZZLE: Reason(rule="drizzle", energy=-0.10, valence=-0.10, acousticness=0.15),
    Condition.RAIN: Reason(rule="rain", energy=-0.15, valence=-0.15, acousticness=0.20),
    Condition.SNOW: Reason(rule="snow", energy=-0.15, acousticness=0.10, instrumentalness=0.30),
    Condition.THUNDERSTORM: Reason(
        rule="thunderstorm", energy=0.15, valence=-0.15, acousticness=-0.10
    ),
}
_CLEAR_DAY = Reason(rule="clear day", energy=0.15, valence=0.20, acousticness=-0.05)
_CLEAR_NIGHT = Reason(rule="clear night", energy=-0.10, acousticness=0.05, instrumentalness=0.05)

_HEAT = Reason(rule="heat", energy=-0.15)
_WIND = Reason(rule="strong wind", energy=0.10, valence=-0.03)

_DAYPARTS: tuple[tuple[int, Reason], ...] = (
    (6, Reason(rule="night", energy=-0.20, acousticness=0.10)),
    (10, Reason(rule="morning", energy=-0.05)),
    (18, Reason(rule="daytime", energy=0.05)),
    (22, Reason(rule="evening")),
    (24, Reason(rule="late evening", energy=-0.10, acousticness=0.10)),
)
"""Each part of the day ends just before its hour."""


def reasons(weather: Weather, local_hour: int) -> tuple[Reason, ...]:
    """Return the rules that apply to metric ``weather`` at ``local_hour`` (0 to 23), in order."""
    feels = weather.apparent_temperature
    celsius = weather.temperature if feels is None else feels
    fired = [
        _warmth("air temperature" if feels is None else "apparent temperature", celsius),
        _sky(weather),
        _daypart(local_hour),
    ]
    if weather.wind_speed is not None and round(weather.wind_speed, 6) >= _STRONG_WIND_KMH:
        fired.insert(2, _WIND)
    if celsius > _HEAT_CELSIUS:
        fired.insert(1, _HEAT)
    return tuple(fired)


def _warmth(rule: str, celsius: float) -> Reason:
    warmth = min(max((celsius - _NEUTRAL_CELSIUS) / _SPAN_CELSIUS, -1.0), 1.0)
    return Reason(
        rule=rule,
        energy=round(0.50 + 0.25 * warmth, 6),
        valence=round(0.50 + 0.20 * warmth, 6),
        acousticness=round(0.40 - 0.15 * warmth, 6),
        instrumentalness=0.20,
    )


def _sky(weather: Weather) -> Reason:
    condition = Condition(weather.condition)
    if condition is Condition.CLEAR:
        return _CLEAR_DAY if weather.is_day else _CLEAR_NIGHT
    return _CONDITIONS[condition]


def _daypart(hour: int) -> Reason:
    return next(reason for end, reason in _DAYPARTS if hour < end)
