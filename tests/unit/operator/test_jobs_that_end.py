"""How long messages wait while Jobs start, work, and are not ready for a moment before they end."""

import random

import pytest

from mare.domain.jobs import JobState
from tests.unit.operator.jobs_over_time import JobTimeline, with_jobs

START_SECONDS = 3


def mean_wait(not_ready_seconds: float, *, restarts: bool, seconds: float = 150) -> float:
    """Let a message arrive each second, and Jobs work on one for 5 to 15 s."""
    chance = random.Random(1)
    spec = with_jobs(max_replicas=100)
    time = JobTimeline(spec, with_statistics=True, restarts_containers=restarts)
    begin, arrives = time.now, time.now
    waiting: list[float] = []
    waits: list[float] = []
    starts: dict[int, float] = {}
    ends: dict[int, float] = {}
    while time.now < begin + seconds:
        while arrives <= time.now:
            waiting.append(arrives)
            arrives += chance.expovariate(1)
        for job in [each for each in time.jobs.values() if not each.is_finished]:
            start = starts.setdefault(job.number, time.now + START_SECONDS)
            if job.number not in ends and time.now >= start:
                time.start(job.number)
                works = chance.uniform(5, 15) if waiting else 0
                ends[job.number] = time.now + works
                if waiting:
                    waits.append(time.now - waiting.pop(0))
                    time.delivered += 1
            end = ends.get(job.number, time.now + seconds)
            if time.now >= end:
                time.succeed(job.number)
            elif time.now >= end - not_ready_seconds and job.state is JobState.RUNNING:
                time.restart_container(job.number)
        time.ready = len(waiting)
        time.step()
        while len(time.jobs) - time.unfinished > 3:
            del time.jobs[next(name for name, each in time.jobs.items() if each.is_finished)]
    return sum(waits) / len(waits)


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("not_ready_seconds", [0, 0.5, 1, 2])
def test_messages_wait_no_longer_because_pods_are_not_ready_before_their_jobs_end(
    not_ready_seconds, restarts
):
    """Such a Pod claimed an arrival, and its success hid the next delivery: 10 s."""
    assert mean_wait(not_ready_seconds, restarts=restarts) < 5.5


def test_a_delivery_that_an_arrival_hid_frees_no_claim_of_another_job():
    """The Pod of Job 1 is not ready for a moment before the statistics show what it took."""
    time = JobTimeline(with_statistics=True, ready=1)
    time.step(1)
    time.start(1)
    time.step(0.5)
    time.take()
    time.ready += 1
    time.step(0.5)
    time.restart_container(1)
    time.step(0.5)
    time.succeed(1)
    time.step(1)
    time.start(2)
    time.step(10)
    assert time.created == 2
