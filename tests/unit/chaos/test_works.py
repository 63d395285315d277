"""Accepted work is matched by id with what is done, and counted in the window of a fault."""

from typing import Any

import pytest

from tests.load.chaos.load import Reports
from tests.load.chaos.works import (
    SCALE_DOWN,
    Ending,
    Window,
    Work,
    busy_endings,
    outcome,
    works,
)

KILL = Window("kill -9 of jobs", "nothing is lost", began=100, ended=101, until=130)


def work(name: str, submitted: float, done: float | None, times: int = 1) -> Work:
    return Work(name, "job", submitted, done, times)


def test_accepted_work_without_an_end_is_lost():
    matched = works("job", {"a": 1.0, "b": 2.0}, {"a": 3.0, "c": 4.0}, {"a": 2})

    assert matched == [work("a", 1.0, 3.0, 2), work("b", 2.0, None)]


def test_the_recovery_ends_with_the_last_late_work_of_the_window():
    jobs = [work("quick", 102, 104), work("late", 103, 121), work("other", 140, 190)]

    found = outcome(KILL, jobs, [])

    assert (found.submitted, found.late, found.recovery_seconds) == (2, 1, 20)


def test_work_that_is_never_late_recovers_at_once():
    assert outcome(KILL, [work("quick", 102, 104)], []).recovery_seconds == 0


def test_lost_work_is_counted_where_it_was_submitted_and_work_done_twice_where_it_ended():
    jobs = [work("lost", 102, None), work("twice", 95, 110, 2), work("later", 102, 131, 2)]

    found = outcome(KILL, jobs, [])

    assert (found.lost, found.twice) == (1, 1)


def test_a_report_that_comes_twice_is_one():
    """The broker confirms reports late while an alarm blocks publishers: each is sent again."""
    started = '["started", "1", "idle", 101]\n'
    done = '["done", "1", "idle", 103]\n'
    reports = Reports()
    reports.add(2 * started + done)

    assert not busy_endings([Ending("idle", 110)], reports.started, reports.done, {}, {})

    reports.add(done)
    assert reports.times() == {"1": 1}


def test_a_removed_pod_was_busy_if_its_process_never_ended_a_task_it_had_started():
    """The first process of `idle` has ended with a task."""
    endings = [Ending("idle", 110), Ending("warm", 111), Ending("busy", 112)]
    starts = [("idle", "0", 90), ("idle", "1", 101), ("warm", "2", 108), ("busy", "3", 109)]
    ends = [("idle", "1", 103), ("warm", "2", 115)]

    busy = busy_endings(endings, starts, ends, {"idle": 100, "busy": 100}, {})

    assert busy == [Ending("busy", 112)]
    assert outcome(KILL, [], busy).ended_busy == 1


def test_a_pod_that_a_fault_killed_was_not_ended_busy_by_its_scale_down():
    """The fault hit `killed` while it terminated, so that no process of it began again."""
    endings = [Ending("killed", 110), Ending("later", 110)]
    starts = [("killed", "1", 108), ("later", "2", 108), ("later", "3", 130)]

    busy = busy_endings(endings, starts, [], {}, {"killed": 112, "later": 112})

    assert busy == [Ending("later", 110)]


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        ([{"type": "Ready", "status": "True"}], SCALE_DOWN),
        (
            [{"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}],
            "EvictionByEvictionAPI",
        ),
    ],
)
def test_an_evicted_pod_was_not_removed_by_a_scale_down(conditions: list[Any], reason: str):
    pod = {"metadata": {"name": "busy"}, "status": {"conditions": conditions}}
    ending = Ending.of(pod, 110)

    assert ending == Ending("busy", 110, reason)
    assert bool(busy_endings([ending], [("busy", "1", 100)], [], {}, {})) == (reason == SCALE_DOWN)
