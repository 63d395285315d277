"""Minimum replicas between the start and the end of a schedule."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from mare.domain.spec import Schedule

_MINUTE = 60
_MAX_MONTHS = 24
"""Months of the month field in which an expression has to occur: 2 years, or 24 Februaries.

The 50 years of CronSim take 10 ms for each of the 32 expressions of an object.
"""


class Occurrences(CronSim):
    """The times of a cron expression; ends where none of the next months of its own has one."""

    _months_left = _MAX_MONTHS

    def advance_month(self) -> None:
        super().advance_month()
        self._count()

    def reverse_month(self) -> None:
        super().reverse_month()
        self._count()

    def _count(self) -> None:
        self._months_left -= 1
        if self._months_left < 0:
            raise StopIteration


def floor_of(schedules: Iterable[Schedule], now: float) -> tuple[int, Schedule | None]:
    highest: tuple[int, Schedule | None] = (0, None)
    for schedule in schedules:
        if schedule.min_replicas > highest[0] and is_active(schedule, now):
            highest = (schedule.min_replicas, schedule)
    return highest


@lru_cache(maxsize=4_096)
def problem_of(schedule: Schedule) -> str | None:
    """Return the error of a schedule with a correction; None if it is valid."""
    try:
        ZoneInfo(schedule.timezone)
    except (KeyError, ValueError, OSError):
        return f"{schedule.timezone!r} is no time zone; an example is America/Recife"
    for name, expression in (("start", schedule.start), ("end", schedule.end)):
        try:
            occurs = next(Occurrences(expression, datetime(2000, 1, 1, tzinfo=UTC)), None)
        except CronSimError as error:
            return f"{name} {expression!r} is no cron expression of five fields: {error}"
        if occurs is None:
            return f"{name} {expression!r} never occurs, or not in 24 months"
    return None


def is_active(schedule: Schedule, now: float) -> bool:
    """Return whether the last start is later than the last end."""
    minute = int(now // _MINUTE)
    known = _known_in(minute)
    if schedule not in known:
        known[schedule] = _is_active_in(schedule, minute)
    return known[schedule]


@lru_cache(maxsize=2)
def _known_in(minute: int) -> dict[Schedule, bool]:
    """Return what is known of a minute: schedules are evaluated each second, in 0.1 ms.

    A cache of fewer schedules than one namespace can have would evaluate all of them each time.
    """
    del minute
    return {}


def _is_active_in(schedule: Schedule, minute: int) -> bool:
    zone = ZoneInfo(schedule.timezone)
    return _last(schedule.start, minute, zone) > _last(schedule.end, minute, zone)


def _last(expression: str, minute: int, zone: ZoneInfo) -> float:
    """Return when an expression has last occurred; -inf if never."""
    # The reverse iterator excludes its start: a second is added to include the current minute.
    moment = datetime.fromtimestamp(minute * _MINUTE + 1, zone)
    found = next(Occurrences(expression, moment, reverse=True), None)
    last = found.timestamp() if found else -math.inf
    if not moment.fold:
        return last
    # The clock was set back: later times of the day than this one have been, too.
    while datetime.fromtimestamp(minute * _MINUTE, zone).fold:
        minute -= 1
    return max(last, _last(expression, minute, zone))
