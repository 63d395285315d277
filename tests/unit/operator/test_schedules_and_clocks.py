"""Schedules on the days on which the clock is set back or forward."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from mare.domain.schedules import is_active
from mare.domain.spec import Schedule

ZONE = "Europe/Berlin"
BACK, FORWARD = (2026, 10, 25), (2026, 3, 29)


def changes(start: str, end: str, day: tuple[int, int, int]) -> list[str]:
    """Return when a schedule begins and ends between 0:00 and 5:00, with the offset from UTC."""
    schedule = Schedule(start=start, end=end, timezone=ZONE, min_replicas=1)
    begun, found, before = datetime(*day, tzinfo=ZoneInfo(ZONE)).timestamp(), [], False
    for minute in range(6 * 60):
        at = begun + minute * 60
        if is_active(schedule, at) != before:
            before = not before
            found.append(f"{datetime.fromtimestamp(at, ZoneInfo(ZONE)):%H:%M%z}")
    return found


@pytest.mark.parametrize(
    ("start", "end", "day", "expected"),
    [
        ("0 2 * * *", "30 2 * * *", BACK, ["02:00+0200", "02:30+0200"]),
        ("30 2 * * *", "0 4 * * *", BACK, ["02:30+0200", "04:00+0100"]),
        ("45 1 * * *", "0 3 * * *", BACK, ["01:45+0200", "03:00+0100"]),
        ("30 1 * * *", "30 3 * * *", FORWARD, ["01:30+0100", "03:30+0200"]),
        ("30 1 * * *", "30 2 * * *", FORWARD, ["01:30+0100", "03:00+0200"]),
        (
            "30 1,2 * * *",
            "45 1,2 * * *",
            BACK,
            ["01:30+0200", "01:45+0200", "02:30+0200", "02:45+0200"],
        ),
    ],
)
def test_a_schedule_of_the_day_begins_once(start, end, day, expected):
    assert changes(start, end, day) == expected


def test_a_schedule_of_each_hour_begins_in_both_hours_of_the_same_name():
    expected = ["02:00+0200", "02:10+0200", "02:00+0100", "02:10+0100"]

    assert changes("0 * * * *", "10 * * * *", BACK)[4:8] == expected
