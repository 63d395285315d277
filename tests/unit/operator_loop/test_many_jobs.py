"""A decision on the most Jobs of a namespace does not hold the event loop for 20 ms."""

import sys
from dataclasses import replace

from mare.domain.decide_jobs import JobHistory, decide_jobs
from mare.domain.evidence import Evidence
from mare.domain.jobs import Job, JobState, removable
from mare.domain.observation import QueueReading
from mare.domain.spec import JobRules, ScalingSpec
from mare.tenant_scheduler import REMEMBERED_JOBS

SPEC = ScalingSpec(max_replicas=10_000, jobs=JobRules())
RUNNING = tuple(
    Job(
        name=f"work-{number}",
        version="1",
        number=number,
        state=JobState.RUNNING,
        created=number / 10,
    )
    for number in range(REMEMBERED_JOBS.of_namespace)
)
FAILED = tuple(replace(each, state=JobState.FAILED, finished=900.0) for each in RUNNING)
MOST_CALLS = 75_000
"""Of the 300,000 of `test_steps_of_the_loop.py`, which take 20 ms. Those on dataclasses take twice
as long as others: 54,000 took 11 ms, and 114,000 took 20 ms."""


def calls(jobs: tuple[Job, ...], history: JobHistory, now: float, ready: int) -> JobHistory:
    """Decide; return the history for the next call."""
    found = 0

    def count(_: object, event: str, __: object) -> None:
        nonlocal found
        found += event in ("call", "c_call")

    queue = QueueReading(name="work", read_at=now, ready=ready, consumers=0, delivered=0)
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        decision, history = decide_jobs(
            SPEC, jobs, (queue,), evidence=Evidence(), history=history, now=now
        )
        removable(jobs, successful=3, failed=1)
    finally:
        sys.setprofile(before)
    assert decision.current == sum(not each.is_finished for each in jobs)
    assert 0 < found < MOST_CALLS
    return history


def test_the_most_jobs_of_a_namespace_are_decided_in_a_short_step():
    first = calls(RUNNING, JobHistory(), 1_000.0, ready=5_000)
    same = calls(RUNNING, first, 1_001.0, ready=5_000)
    calls(RUNNING, same, 1_002.0, ready=1_000)  # all have taken a message
    calls(RUNNING, same, 9_000.0, ready=5_000)  # all are given up
    calls(FAILED, same, 1_003.0, ready=5_000)
    calls(FAILED, JobHistory(), 1_003.0, ready=5_000)
