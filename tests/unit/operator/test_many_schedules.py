"""The schedules of one namespace cost little, however many it has."""

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

    monkeypatch.setattr(schedules, "CronSim", counted)
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
