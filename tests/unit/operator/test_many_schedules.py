"""The schedules of one namespace cost little, however many it has and whatever they say."""

from typing import Any

import pytest
from cronsim import CronSim

from mare.domain import schedules
from mare.domain.spec import Schedule

MINUTE = 30_000_000 * 60.0


def test_each_of_many_schedules_is_evaluated_once_a_minute(monkeypatch: pytest.MonkeyPatch):
    evaluated = []

    def counted(expression: str, *rest: Any, **options: Any) -> CronSim:
        evaluated.append(expression)
        return CronSim(expression, *rest, **options)

    monkeypatch.setattr(schedules, "Occurrences", counted)
    many = [
        Schedule(start=f"{m} {h} {d} * *", end="0 0 1 1 *", timezone="UTC", min_replicas=1)
        for m in range(30)
        for h in range(24)
        for d in range(1, 8)
    ]
    for second in (0, 1, 59):
        assert schedules.floor_of(many, MINUTE + second)[0] == 1
        for each in many:
            schedules.is_active(each, MINUTE + second)

    assert len(evaluated) == 2 * len(many) == 10_080


@pytest.mark.parametrize(
    "expression", ["0 0 */31 * 1#5", "* * */28 2 4#5", "0 0 */29 2 1#5", "* * */19 1 0#5"]
)
def test_a_schedule_that_hardly_ever_occurs_is_wrong_after_few_steps(
    expression: str, monkeypatch: pytest.MonkeyPatch
):
    days = []
    match_day = CronSim.match_day
    monkeypatch.setattr(
        CronSim, "match_day", lambda cron, day: days.append(day) or match_day(cron, day)
    )
    schedule = Schedule(start=expression, end="0 0 1 1 *", timezone="UTC", min_replicas=1)

    for _ in range(3):
        assert "never occurs" in str(schedules.problem_of(schedule))
    assert len(days) < 1_000
    schedules.is_active(schedule, MINUTE)
    assert len(days) < 2_000


@pytest.mark.parametrize("expression", ["0 0 29 2 *", "0 0 31 * *", "* * 1-7 * 5", "0 8 * 12 1#5"])
def test_a_schedule_that_occurs_seldom_is_right(expression: str):
    schedule = Schedule(start=expression, end="0 0 1 1 *", timezone="UTC", min_replicas=1)

    assert schedules.problem_of(schedule) is None


def test_a_schedule_that_starts_and_ends_in_the_same_minute_is_never_active():
    schedule = Schedule(start="0 8 * * *", end="0 8 * * *", timezone="UTC", min_replicas=1)

    assert not any(schedules.is_active(schedule, MINUTE + 60 * each) for each in range(24 * 60))
