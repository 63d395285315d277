"""The states of a job, and what each event does in each of them."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_services.contract.errors import JobNotChangeable
from mare_services.contract.jobs import JobState, JobSubmission
from mare_services.jobs.domain.job import (
    MAX_ATTEMPTS,
    Terms,
    accepted_event,
    move_to,
    new_job,
    record,
    retry,
)

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TERMS = Terms(duration=timedelta(minutes=10), retention=timedelta(hours=24))


def job(state=JobState.PENDING, attempt=1):
    submitted = JobSubmission(id="1", client="ana", request={"city": "Recife"})
    fresh = new_job(submitted, None, NOW, TERMS)
    fresh = move_to(fresh, state, NOW, TERMS) if state is not JobState.PENDING else fresh
    for _ in range(attempt - 1):
        fresh = retry(move_to(fresh, JobState.FAILED, NOW, TERMS), NOW, TERMS)
    return fresh


def test_a_new_job_is_pending_and_its_event_carries_the_request():
    fresh = job()

    assert fresh.state is JobState.PENDING
    assert fresh.deadline == NOW + timedelta(minutes=10)
    assert fresh.retained_until == fresh.deadline + TERMS.retention
    assert accepted_event(fresh).data == {
        "job_id": "1",
        "attempt": 1,
        "request": {"city": "Recife"},
    }


LEGAL = {
    "pending": "running partial complete failed cancelled expired",
    "running": "partial complete failed cancelled expired",
    "partial": "complete failed cancelled expired",
    "complete": "",
    "failed": "pending",
    "cancelled": "pending",
    "expired": "pending",
}


@pytest.mark.parametrize("before", JobState)
@pytest.mark.parametrize("after", JobState)
def test_only_legal_transitions_are_possible(before, after):
    if after.value in LEGAL[before.value].split():
        assert move_to(job(before), after, NOW, TERMS).state is after
    else:
        with pytest.raises(JobNotChangeable, match=f"is {before} cannot become {after}"):
            move_to(job(before), after, NOW, TERMS)


def test_an_event_of_an_earlier_attempt_changes_nothing():
    second = job(attempt=2)

    assert record(second, 1, JobState.COMPLETE, NOW, TERMS, result="old") is None
    assert record(second, 2, JobState.COMPLETE, NOW, TERMS, result="new").result == "new"


def test_the_weather_that_arrives_after_the_playlist_changes_nothing():
    complete = record(job(), 1, JobState.COMPLETE, NOW, TERMS, result="playlist")

    assert record(complete, 1, JobState.PARTIAL, NOW, TERMS, weather="sun") is None


def test_the_record_of_an_ended_job_is_retained_from_its_end():
    later = NOW + timedelta(minutes=5)

    assert record(job(), 1, JobState.FAILED, later, TERMS).retained_until == later + TERMS.retention


def test_a_retry_is_a_new_attempt_without_the_results_of_the_last():
    later = NOW + timedelta(hours=1)
    failed = record(job(), 1, JobState.PARTIAL, NOW, TERMS, weather="rain")
    failed = record(failed, 1, JobState.FAILED, NOW, TERMS, failure={"type": "X"})
    failed = replace(failed, redelivered=3)

    again = retry(failed, later, TERMS)

    assert (again.state, again.attempt) == (JobState.PENDING, 2)
    assert (again.weather, again.failure, again.result) == (None, None, None)
    assert again.deadline == later + TERMS.duration
    assert again.retained_until == again.deadline + TERMS.retention
    assert again.redelivered == 0


def test_a_job_is_not_tried_again_without_limit():
    last = replace(job(JobState.FAILED), attempt=MAX_ATTEMPTS - 1)

    again = retry(last, NOW, TERMS)

    assert again.attempt == MAX_ATTEMPTS
    with pytest.raises(JobNotChangeable, match="Submit it again") as refused:
        retry(move_to(again, JobState.FAILED, NOW, TERMS), NOW, TERMS)
    assert refused.value.extra == {"state": "failed"}


REPORTED = (JobState.RUNNING, JobState.PARTIAL, JobState.COMPLETE, JobState.FAILED)
"""States that events of workers report."""


@pytest.mark.parametrize("before", JobState)
@pytest.mark.parametrize("state", REPORTED)
def test_an_event_that_is_delivered_twice_in_a_row_changes_a_job_once(before, state):
    once = record(job(before), 1, state, NOW, TERMS) or job(before)

    assert record(once, 1, state, NOW, TERMS) is None


def changed_by_client(current, action):
    """Return the job after a cancellation, an expiry or a retry, unchanged where it is illegal."""
    with contextlib.suppress(JobNotChangeable):
        return action(current)
    return current


CHANGES = (
    lambda job: move_to(job, JobState.CANCELLED, NOW, TERMS),
    lambda job: move_to(job, JobState.EXPIRED, NOW, TERMS),
    lambda job: retry(job, NOW, TERMS),
)
EVENTS = st.tuples(st.integers(1, 3), st.sampled_from(REPORTED))


@given(st.lists(EVENTS | st.sampled_from(CHANGES), max_size=30))
def test_a_duplicate_changes_nothing_however_late_it_comes(steps):
    current, delivered = job(), set()
    for step in steps:
        if not isinstance(step, tuple):
            current = changed_by_client(current, step)
        elif step[0] <= current.attempt:  # no event comes before its attempt
            delivered.add(step)
            current = record(current, *step, NOW, TERMS) or current
        assert all(record(current, *event, NOW, TERMS) is None for event in delivered)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 3), st.sampled_from([s for s in JobState if s != JobState.PENDING])
        )
    )
)
def test_no_order_of_events_gives_a_job_two_ends(events):
    current, ends = job(), []
    for number, (attempt, state) in enumerate(events):
        changed = record(current, attempt, state, NOW, TERMS, result=number)
        if changed is not None:
            current = changed
            if changed.state.is_terminal:
                ends.append(changed)

    assert len(ends) <= 1
