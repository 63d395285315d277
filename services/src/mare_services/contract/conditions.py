"""Weather conditions: the words, the WMO codes behind them, and their names in each language."""

from enum import StrEnum

from mare_services.contract.places import Language


class Condition(StrEnum):
    """The condition of the sky in one word."""

    CLEAR = "clear"
    PARTLY_CLOUDY = "partly cloudy"
    OVERCAST = "overcast"
    FOG = "fog"
    DRIZZLE = "drizzle"
    RAIN = "rain"
    SNOW = "snow"
    THUNDERSTORM = "thunderstorm"


_CODES: tuple[tuple[int, int, Condition], ...] = (
    (0, 1, Condition.CLEAR),
    (2, 2, Condition.PARTLY_CLOUDY),
    (3, 3, Condition.OVERCAST),
    (45, 48, Condition.FOG),
    (51, 57, Condition.DRIZZLE),
    (61, 67, Condition.RAIN),
    (71, 77, Condition.SNOW),
    (80, 82, Condition.RAIN),
    (85, 86, Condition.SNOW),
    (95, 99, Condition.THUNDERSTORM),
)

_PORTUGUESE: dict[str, str] = {
    Condition.CLEAR: "céu limpo",
    Condition.PARTLY_CLOUDY: "parcialmente nublado",
    Condition.OVERCAST: "encoberto",
    Condition.FOG: "nevoeiro",
    Condition.DRIZZLE: "garoa",
    Condition.RAIN: "chuva",
    Condition.SNOW: "neve",
    Condition.THUNDERSTORM: "trovoada",
}


def condition(
    code: int | None, *, cloud_cover: float | None = None, precipitation: float | None = None
) -> Condition:
    """Return the condition of a WMO code.

    Without a known code, precipitation means rain, cloud cover of 85 % or more means overcast, and
    anything else partly cloudy.
    """
    if code is not None:
        for first, last, name in _CODES:
            if first <= code <= last:
                return name
    if precipitation is not None and precipitation > 0:
        return Condition.RAIN
    if cloud_cover is not None and cloud_cover >= 85:  # noqa: PLR2004
        return Condition.OVERCAST
    return Condition.PARTLY_CLOUDY


def in_words(name: str, lang: Language) -> str:
    """Return the condition's name in a language; an unknown word stays as it is."""
    return _PORTUGUESE.get(name, name) if lang == "pt" else name
