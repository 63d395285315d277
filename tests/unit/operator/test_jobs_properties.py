"""What holds for each order of messages, Jobs, failures and restarts of the operator."""

import math
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from mare.domain.jobs import Job, JobState, removable
from tests.unit.examples import examples
from tests.unit.operator.jobs_over_time import JobTimeline, with_jobs

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["arrive", "start", "take", "succeed", "fail", "restart", "wait"]),
        st.integers(1, 4),
    ),
    max_size=40,
)


@given(EVENTS, st.integers(1, 6), st.integers(1, 3), st.booleans())
@settings(deadline=None, max_examples=examples(50))
def test_no_more_jobs_than_max_replicas_and_than_messages_need(events, most, each, statistics):
    """A Job takes its messages at its start; one that fails has its messages requeued."""
    time = JobTimeline(
        with_jobs(max_replicas=most, messages_per_job=each, start_seconds=3600),
        with_statistics=statistics,
    )
    arrived = failed = 0
    for what, number in events:
        unfinished = [e for e in time.jobs.values() if not e.is_finished]
        if what == "arrive":
            time.ready += number
            arrived += number
        elif what in {"start", "take"} and unfinished:
            job = unfinished[0]
            if job.state is JobState.STARTING:
                time.start(job.number)
                time.take(min(each, time.ready))
        elif what == "succeed" and unfinished and unfinished[0].state is JobState.RUNNING:
            time.succeed(unfinished[0].number)
        elif what == "fail" and unfinished and unfinished[0].state is JobState.STARTING:
            time.fail(unfinished[0].number)
            failed += 1
        elif what == "restart":
            time.restart_operator()
        else:
            time.step(number * 5)
        decision = time.step(1)
        assert decision.replicas >= decision.current
        assert time.unfinished <= most
        assert time.created - failed <= math.ceil(arrived / each) + arrived * (each > 1)


@given(EVENTS, st.integers(1, 6), st.integers(1, 3))
@settings(deadline=None, max_examples=examples(50))
def test_each_message_gets_a_job_in_the_end(events, most, each):
    """A Job takes its messages one after the other, and ends when there is none."""
    time = JobTimeline(with_jobs(max_replicas=most, messages_per_job=each, start_seconds=10))
    taken = Counter()
    for what, number in events:
        if what == "arrive":
            time.ready += number
        elif what in {"succeed", "fail"} and time.unfinished:
            next_job = next(e for e in time.jobs.values() if not e.is_finished)
            time.start(next_job.number) if what == "succeed" else time.fail(next_job.number)
        elif what == "restart":
            time.restart_operator()
        time.step(number)
    for _ in range(400):
        for job in [e for e in time.jobs.values() if not e.is_finished]:
            if time.ready and job.state is JobState.STARTING:
                time.start(job.number)
            if time.jobs[job.name].state is JobState.RUNNING:
                has_one = time.ready and taken[job.name] < each
                taken[job.name] += bool(has_one)
                time.take() if has_one else time.succeed(job.number)
        time.step(10)
        if not time.ready:
            break
    assert time.ready == 0


JOBS = st.lists(
    st.builds(
        Job,
        name=st.just(""),
        number=st.integers(1, 1000),
        state=st.sampled_from(JobState),
        created=st.just(0.0),
        finished=st.floats(0, 10),
    ),
    unique_by=lambda each: each.number,
)


def succeeded(number, age, **fields):
    state = JobState.SUCCEEDED
    name = f"work-{age}"
    times = {"created": 0.0, "finished": float(age)}
    return Job(name=name, version="1", number=number, state=state, **times, **fields)


def test_history_limits_hold_for_jobs_without_a_number():
    """As after 9,999,999,999: the names of later Jobs have a digit more."""
    jobs = tuple(succeeded(0, age) for age in range(10))
    assert len(removable(jobs, successful=3, failed=1)) == 7


def test_the_highest_number_is_that_of_a_job_that_is_not_being_deleted():
    jobs = succeeded(1, 1), succeeded(2, 2), succeeded(3, 3, terminating=True)
    assert removable(jobs, successful=0, failed=0) == jobs[:1]


@given(JOBS, st.integers(0, 4), st.integers(0, 4))
def test_history_limits_keep_the_newest_and_never_an_unfinished_job(jobs, successful, failed):
    removed = removable(tuple(jobs), successful=successful, failed=failed)
    assert all(each.is_finished for each in removed)
    last = max((e.number for e in jobs), default=0)
    assert last not in {e.number for e in removed}
    for state, limit in ((JobState.SUCCEEDED, successful), (JobState.FAILED, failed)):
        kept = [each for each in jobs if each.state is state and each not in removed]
        kept = [each for each in kept if each.number != last]
        gone = [each.finished for each in removed if each.state is state]
        assert len(kept) <= limit
        assert all(each.finished >= max(gone) for each in kept if gone and each.finished)


@given(JOBS, st.integers(0, 4), st.integers(0, 4))
def test_half_of_the_history_has_one_of_each_state(jobs, successful, failed):
    removed = removable(tuple(jobs), successful=successful, failed=failed, halved=True)
    for state, limit in ((JobState.SUCCEEDED, successful), (JobState.FAILED, failed)):
        ended = [each for each in jobs if each.state is state]
        kept = [each for each in ended if each not in removed]
        assert len(kept) >= min(limit, len(ended), 1)
        assert len(kept) <= max(min(limit, len(ended)) // 2, min(limit, 1)) + 1
