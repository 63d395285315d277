"""The figures of a run of Jobs, from what a watch, the workers and the Pods show."""

from typing import Any

from tests.load.compare.job_figures import (
    figures_of_jobs,
    figures_of_reports,
    is_owned,
    pod_seconds,
    table,
    unfinished,
)


def job(uid: str, end: str = "") -> dict[str, Any]:
    conditions = [{"type": end, "status": "True"}] if end else []
    owners = [{"kind": "ScaledJob", "name": "work-1"}]
    metadata = {"uid": uid, "ownerReferences": owners}
    return {"metadata": metadata, "status": {"conditions": conditions}}


def started(message: int, at: float, *, redelivered: bool = False) -> dict[str, Any]:
    times = {"published": 0.5, "at": at}
    return {"event": "started", "message": message, "redelivered": redelivered, **times}


def done(message: int, at: float) -> dict[str, Any]:
    return {"event": "done", "message": message, "at": at}


REPORTS = [
    started(0, 1.5),
    started(1, 4.5),
    done(0, 6.0),
    started(1, 12.5, redelivered=True),
    {"event": "empty"},
    done(1, 14.0),
    done(1, 17.0),
]


def test_jobs_are_counted_by_uid_also_when_they_are_seen_again():
    seen = [
        (2.0, job("a")),
        (2.5, job("b")),
        (3.0, job("a")),
        (4.0, job("a", "SuccessCriteriaMet")),
        (5.0, job("a", "Complete")),
        (6.0, job("c")),
        (7.0, job("a", "Complete")),
        (8.0, job("b", "Failed")),
    ]

    figures = figures_of_jobs(seen)

    assert figures == {
        "jobs": 3,
        "failed": 1,
        "unfinished": 1,
        "most": 2,
        "first_job": 2.0,
        "each_job": [(2.0, 5.0), (2.5, 8.0), (6.0, None)],
    }


def test_messages_are_done_once_whatever_number_of_workers_had_them():
    figures = figures_of_reports(REPORTS, [0.5, 0.5], 300.0)

    assert (figures["done"], figures["done_twice"], figures["redelivered"]) == (2, 1, 1)
    assert (figures["without_a_message"], figures["last_done"]) == (1, 17.0)
    assert figures["wait_p95"] == 4.0
    assert figures["unstarted"] == 0


def test_messages_that_no_job_began_wait_until_the_end():
    figures = figures_of_reports(REPORTS, [0.5, 0.5, 100.0], 300.0)

    assert figures["unstarted"] == 1
    assert figures["wait_p95"] == 200.0


def test_a_run_without_jobs_has_a_row_too():
    row = {"autoscaler": "Maré", "messages": 2, "over": 0.0, "pod_seconds": pod_seconds([])}

    assert "| None |" in table([row | figures_of_jobs([]) | figures_of_reports([], [], 0.0)])


def test_a_row_of_before_has_an_empty_cell_for_what_it_does_not_know():
    figures = figures_of_jobs([]) | figures_of_reports([], [], 0.0)
    del figures["unstarted"]
    row = {"autoscaler": "Maré", "messages": 2, "over": 0.0, "pod_seconds": 1.0} | figures

    assert table([row]).endswith("|  | 1.0 |\n")


def test_pods_count_from_their_start_to_the_end_of_their_container():
    ended = {"terminated": {"finishedAt": "2026-12-01T14:01:05Z"}}
    pods = [
        {"status": {"startTime": "2026-12-01T14:00:02Z", "containerStatuses": [{"state": state}]}}
        for state in (ended, {"running": {}})
    ]

    assert pod_seconds([*pods, {"status": {"phase": "Pending"}}]) == 63.0


def test_only_jobs_of_the_object_count():
    assert is_owned(job("a"), "work-1")
    assert not is_owned(job("a"), "work-10")
    assert not is_owned({"metadata": {}}, "work-1")


def test_a_job_without_a_status_has_not_ended():
    assert len(list(unfinished([{"metadata": {}}, job("a"), job("b", "Complete")]))) == 2
