"""The use case: a place and its weather, in the reader's words and units."""

import math
from collections.abc import Callable
from dataclasses import replace

from mare_services.contract.conditions import in_words
from mare_services.contract.units import in_units
from mare_services.contract.weather import WeatherQuery, WeatherReport
from mare_services.weather.locator import Locator
from mare_services.weather.observer import Observer


def report(
    query: WeatherQuery,
    locator: Locator,
    observer: Observer,
    patience: Callable[[], float] = lambda: math.inf,
) -> WeatherReport:
    """Return the weather at the place asked for.

    ``patience`` tells how many seconds the caller will still wait, once the place is known. Raises
    what locator and observer raise.
    """
    located = locator.locate(query)
    observed = observer.current(located.place, patience())
    shown = in_units(observed.weather, query.units)
    return WeatherReport(
        place=located.place,
        weather=replace(shown, condition=in_words(shown.condition, query.lang)),
        alternatives=located.alternatives,
        degraded=("weather",) if observed.degraded else (),
        attribution=(*located.attribution, *observed.attribution),
    )
