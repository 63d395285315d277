"""Jobs through the gateway and Celery tasks at a steady rate, and what became of each."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
import requests

from mare.processes.command import CommandFailed
from tests.e2e.application import Application, job
from tests.load import callback_receiver
from tests.load.chaos import broker, store
from tests.load.chaos.works import Work, works
from tests.load.job_burst import wait
from tests.load.job_clients import Submissions

_SETTLE_SECONDS = 300.0
_CALLBACK_SECONDS = 600.0
"""Longer than the schedule of the stage, after which a callback is a dead letter."""
_ENDS = {"complete"}


@dataclass
class Reports:
    """What the queues `seen` and `ledger` had.

    A report that the broker confirms too late is there twice, with the same time: while an alarm
    blocks publishers, each is.
    """

    begun: dict[str, float] = field(default_factory=dict)
    """When the last process of a Pod began."""
    started: set[tuple[str, str, float]] = field(default_factory=set)
    """Pod, task and time."""
    done: set[tuple[str, str, float]] = field(default_factory=set)
    composed: Counter[str] = field(default_factory=Counter)

    def add(self, text: str) -> None:
        for line in text.splitlines():
            what, name, *rest = json.loads(line)
            if what == "begun":
                self.begun[rest[0]] = max(rest[1], self.begun.get(rest[0], 0.0))
            elif what == "started":
                self.started.add((rest[0], name, rest[1]))
            elif what == "done":
                self.done.add((rest[0], name, rest[1]))
            else:
                self.composed[name] += 1

    def done_at(self) -> dict[str, float]:
        """Return the time at which each task was first done."""
        return {task: at for _, task, at in sorted(self.done, key=lambda each: -each[2])}

    def times(self) -> Counter[str]:
        return Counter(task for _, task, _ in self.done)


def send_tasks(application: Application, count: int, per_second: float) -> None:
    command = ["chaos_broker.py", "tasks", str(count), f"{per_second:g}"]
    image = broker.image_of_services(application)
    application.apply(job(image, "tasks", command, AMQP_URI=broker.URI))


def accepted_tasks(application: Application) -> dict[str, float]:
    """Return the time of each task that the broker has confirmed."""
    text = application.kubectl("logs", "job/tasks", "--tail=-1")
    return dict(json.loads(line) for line in text.splitlines() if line.startswith("["))


def works_after(application: Application, jobs: Submissions) -> Callable[[float], bool]:
    """Return a function: whether a job that was first submitted after a time is complete."""

    def is_done(after: float) -> bool:
        later = [each for each in list(jobs.accepted) if jobs.first_tried[each] > after]
        with suppress(requests.RequestException, ValueError):
            return bool(later) and (
                application.get(f"/v1/jobs/{later[0]}", timeout=5).json().get("state") in _ENDS
            )
        return False

    return is_done


def settle(application: Application, jobs: Sequence[str], reports: Reports) -> list[Work]:
    """Wait until all jobs and tasks have ended; return the tasks, and those jobs that ended."""
    tasks: dict[str, float] = {}

    def all_done() -> bool:
        with suppress(CommandFailed):
            reports.add(broker.run_program(application, "count", "count", seconds=200))
        tasks.update(accepted_tasks(application))
        with suppress(OSError, psycopg.Error):
            states = _states(application)
            open_jobs = sum(states.get(each) not in _ENDS for each in jobs)
            return not open_jobs and not set(tasks) - set(reports.done_at())
        return False

    wait(all_done, _SETTLE_SECONDS)
    return works("task", tasks, reports.done_at(), reports.times())


def jobs_done(application: Application, jobs: Submissions, reports: Reports) -> list[Work]:
    found = store.query(application, "SELECT id, state, updated_at FROM jobs")
    done = {each: at for each, state, at in found if state in _ENDS}
    return works(
        "job", {each: jobs.first_tried[each] for each in jobs.accepted}, done, reports.composed
    )


def _states(application: Application) -> dict[str, str]:
    return dict(store.query(application, "SELECT id, state FROM jobs"))


def unfinished(application: Application, jobs: Sequence[str]) -> dict[str, int]:
    """Return how many accepted jobs have which other state than complete, or are not stored."""
    states = _states(application)
    return dict(
        Counter(states.get(each, "not stored") for each in jobs if states.get(each) not in _ENDS)
    )


def callbacks(application: Application, jobs: Sequence[str]) -> dict[str, Any]:
    """Wait for a callback of each job; return the rows of the result about callbacks."""
    wait(
        lambda: not set(jobs) - callback_receiver.callbacks(application, jobs).jobs,
        _CALLBACK_SECONDS,
    )
    found = callback_receiver.callbacks(application, jobs)
    return {
        "callbacks missing": _last_attempts(application, set(jobs) - found.jobs),
        "callbacks doubled": found.doubled,
        "callbacks with two results": found.with_two_results,
        "invalid signatures": found.invalid,
    }


def _last_attempts(application: Application, jobs: Collection[str]) -> dict[str, int]:
    """Return how many of the jobs had which last attempt of a callback: dead letters had many."""
    newest = "SELECT DISTINCT ON (job_id) job_id, document FROM deliveries"
    found = store.query(application, f"{newest} ORDER BY job_id, number DESC") if jobs else []
    last = {job_id: json.loads(document) for job_id, document in found}
    words = (last.get(each, {"number": 0, "outcome": "none"}) for each in jobs)
    return dict(
        Counter(f"{each['number']}: {each['outcome']} {each.get('detail', '')}" for each in words)
    )


def replicas_killed(application: Application) -> int:
    """Return how often the operator has reported replicas that ended with work in hand."""
    events = application.read("apis/events.k8s.io/v1", "events")["items"]
    return sum(each["reason"] == "ReplicasKilled" for each in events)
