"""The loads that come back, as `mare explain --forecast` lists them."""

from collections.abc import Iterator, Mapping
from typing import Any

from mare.custom_resource.autoscaler import read_autoscaler
from mare.custom_resource.status import read_since, read_surges
from mare.custom_resource.status_values import instant
from mare.domain.clause import number, significant
from mare.domain.forecast import Recurrence, recurrences
from mare.domain.forecast_floor import times_of
from mare.domain.spec import ForecastMode

_SAME_SECONDS = 30.0
_UNITS = (("d", 86_400), ("h", 3600), ("min", 60))


def recurring(body: Mapping[str, Any], now: float) -> list[Recurrence]:
    """Return the recurrences that are believed in, without multiples of shorter ones."""
    status = body.get("status") or {}
    past, began = read_surges(status), read_since(status)
    listed: list[Recurrence] = []
    for each in sorted(
        recurrences(past, now, began), key=lambda each: (each.period, -each.agreement)
    ):
        if not any(_contains(shorter, each) for shorter in listed):
            listed.append(each)
    return listed


def _contains(shorter: Recurrence, longer: Recurrence) -> bool:
    return all(
        abs(seconds - shorter.period * round(seconds / shorter.period)) <= _SAME_SECONDS
        for seconds in (longer.period, longer.due - shorter.due)
    )


def recurring_text(body: Mapping[str, Any], now: float) -> str:
    return "\n".join(_lines(body, now)) + "\n"


def _lines(body: Mapping[str, Any], now: float) -> Iterator[str]:
    autoscaler, found = read_autoscaler(body), recurring(body, now)
    mode = autoscaler.spec.forecast
    yield f"{autoscaler.target.kind}/{autoscaler.target.name}: forecast.mode is {mode}"
    if mode is ForecastMode.OFF:
        return
    past = read_surges(autoscaler.status)
    known = f"{len(past)} surges are known"
    if past:
        known += f", from {instant(past[0].at)} to {instant(past[-1].at)}"
    yield f"{known}; {len(found) or 'no'} recurrence{'' if len(found) == 1 else 's'} of them."
    for each in found:
        rate, count = number(significant(each.rate)), len(each.times)
        yield ""
        yield f"every {_span(each.period)}: at least {rate} messages/s, next at {instant(each.due)}"
        yield f"  came {count} times in a row, last at {times_of(each.times, each.period)} UTC"


def recurring_data(body: Mapping[str, Any], now: float) -> dict[str, Any]:
    autoscaler = read_autoscaler(body)
    return {
        "namespace": autoscaler.key.namespace,
        "name": autoscaler.key.name,
        "mode": str(autoscaler.spec.forecast),
        "surges": len(read_surges(autoscaler.status)),
        "recurrences": [
            {
                "periodSeconds": each.period,
                "due": instant(each.due),
                "messagesPerSecond": significant(each.rate),
                "times": [instant(at) for at in each.times],
            }
            for each in recurring(body, now)
        ],
    }


def _span(seconds: float) -> str:
    for unit, size in _UNITS:
        if round(seconds) % size == 0:
            return f"{round(seconds) // size} {unit}"
    return f"{seconds:.0f} s"
