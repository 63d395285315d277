"""Cuts a recorded load to its busiest time. Other loads stay whole."""

from bisect import bisect_left
from collections import Counter
from dataclasses import replace
from itertools import accumulate

from mare.simulation.load import Load
from mare.simulation.scenario import Scenario

_MINUTE = 60


def busiest_rate(scenario: Scenario) -> float:
    """Return the messages/s of the busiest minute."""
    load, minutes = scenario.load, Counter[int]()
    for second, messages in load.recorded:
        minutes[int(second // _MINUTE)] += messages
    for burst in load.bursts:
        minutes[int(burst.at // _MINUTE)] += burst.messages
    rates = Load(rates=load.rates).expected(scenario.seconds) / scenario.seconds
    return rates + max(minutes.values(), default=0) / _MINUTE


def busiest_time(scenario: Scenario, seconds: float) -> Scenario:
    """Return the time of this length with the most messages."""
    if scenario.seconds <= seconds or not _is_recorded(scenario.load):
        return scenario
    counts, moments = _sums(scenario)
    found = []
    for first, begin in enumerate(moments):
        begin = min(begin, scenario.seconds - seconds)  # noqa: PLW2901 - the last ones begin sooner
        found.append((counts[bisect_left(moments, begin + seconds)] - counts[first], -begin))
    return _between(scenario, -max(found)[1], seconds)


def busiest_messages(scenario: Scenario, most: int) -> Scenario:
    """Return the shortest time with so many messages."""
    counts, moments = _sums(scenario)
    if counts[-1] <= most or not _is_recorded(scenario.load):
        return scenario
    ends = (bisect_left(counts, before + most) for before in counts)
    length, begin = min(
        (moments[end] - moments[first], moments[first])
        for first, end in enumerate(ends)
        if end < len(counts)
    )
    return _between(scenario, begin, length)


def _is_recorded(load: Load) -> bool:
    return bool(load.recorded) and not load.rates and not load.bursts


def _sums(scenario: Scenario) -> tuple[list[int], list[float]]:
    """Return the messages before the begin of each row, and these times; last the end."""
    rows = scenario.load.recorded
    counts = [0, *accumulate(messages for _, messages in rows)]
    return counts, [*(second for second, _ in rows), scenario.seconds]


def _between(scenario: Scenario, begin: float, seconds: float) -> Scenario:
    rows = scenario.load.recorded
    kept = tuple((at - begin, n) for at, n in rows if begin <= at < begin + seconds)
    return replace(
        scenario,
        seconds=seconds,
        starts_at=scenario.starts_at + begin,
        load=replace(scenario.load, recorded=kept),
    )
