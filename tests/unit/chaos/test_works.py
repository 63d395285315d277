"""Accepted work is matched by id with what is done, and counted in the window of a fault."""

from typing import Any

import pytest

from tests.load.chaos.load import Reports
from tests.load.chaos.works import (
    SCALE_DOWN,
    Ending,
    Window,
    Work,
    busy_choices,
    busy_endings,
    of_last_lives,
    outcome,
    works,
)

KILL = Window("kill -9 of jobs", "nothing is lost", began=100, ended=101, until=130)


def work(name: str, submitted: float, done: float | None, times: int = 1) -> Work:
    return Work(name, "job", submitted, done, times)


def pod(name: str, conditions: list[Any]) -> dict[str, Any]:
    """Return a Pod that was removed in second 109 of the epoch, with a grace period of 60 s."""
    metadata = {
        "name": name,
        "deletionTimestamp": "1970-01-01T00:02:49Z",
        "deletionGracePeriodSeconds": 60,
    }
    return {"metadata": metadata, "status": {"conditions": conditions}}


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

    assert not busy_endings([Ending("idle", 110)], reports.started, reports.done)

    reports.add(done)
    assert reports.times() == {"1": 1}


def test_a_removed_pod_was_busy_if_its_process_never_ended_a_task_it_had_started():
    """The first process of `idle` has ended with a task."""
    endings = [Ending("idle", 110), Ending("warm", 111), Ending("busy", 112)]
    starts = [("idle", "0", 90), ("idle", "1", 101), ("warm", "2", 108), ("busy", "3", 109)]
    ends = [("idle", "1", 103), ("warm", "2", 115)]

    busy = busy_endings(endings, of_last_lives(starts, {"idle": 100, "busy": 100}, {}), ends)

    assert busy == [Ending("busy", 112)]
    assert outcome(KILL, [], busy).ended_busy == 1


def test_a_pod_that_a_fault_killed_was_not_ended_busy_by_its_scale_down():
    """The fault hit `killed` while it terminated, so that no process of it began again."""
    endings = [Ending("killed", 110), Ending("later", 110)]
    starts = [("killed", "1", 108), ("later", "2", 108), ("later", "3", 130)]

    busy = busy_endings(endings, of_last_lives(starts, {}, {"killed": 112, "later": 112}), [])

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
    ending = Ending.of(pod("busy", conditions), 109.5)

    assert ending == Ending("busy", 109.5, reason, uncertainty=0.5)
    starts = [("busy", "1", 100.0)]
    assert bool(busy_endings([ending], starts, [])) == (reason == SCALE_DOWN)
    assert bool(busy_choices([ending], starts, [])) == (reason == SCALE_DOWN)


def test_the_time_of_a_removal_is_its_second_or_what_is_left_of_it_when_it_is_seen():
    assert Ending.of(pod("early", []), 109.25) == Ending("early", 109.25, uncertainty=0.25)
    assert Ending.of(pod("late", []), 110.75) == Ending("late", 110, uncertainty=1)


def test_a_pod_that_ends_its_task_after_its_removal_was_chosen_while_busy():
    endings = [Ending(name, 110, uncertainty=0.5) for name in ("busy", "idle", "again", "just")]
    starts = [("busy", "1", 106), ("idle", "2", 106), ("again", "3", 90), ("again", "3", 108)]
    starts.append(("just", "4", 109.75))
    ends = [("busy", "1", 112), ("idle", "2", 109.5), ("again", "3", 93), ("again", "3", 112)]
    ends.append(("just", "4", 111))

    assert not busy_endings(endings, starts, ends)
    assert busy_choices(endings, starts, ends) == {
        "busy": (3.5, 4),
        "again": (1.5, 2),
        "just": (-0.25, 0.25),
    }


def test_a_task_that_began_after_the_removal_or_ended_with_a_fault_was_no_choice():
    endings = [Ending(name, 110) for name in ("later", "killed", "restarted", "without report")]
    starts = [("later", "1", 110), ("killed", "2", 105), ("restarted", "3", 105)]
    starts += [("without report", "4", 90), ("without report", "5", 100)]
    ends = [("without report", "5", 104)]

    last = of_last_lives(starts, {"restarted": 106}, {"killed": 107})
    assert not busy_choices(endings, last, ends)
