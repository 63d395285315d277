"""The states of a job, and what each event does in each of them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mare_services.contract.jobs import JobState
from mare_services.jobs.domain.job import (
    IllegalTransition,
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
    fresh = new_job(
        job_id="1",
        client="ana",
        request={"city": "Recife"},
        idempotency_key=None,
        now=NOW,
        terms=TERMS,
    )
    fresh = move_to(fresh, state, NOW, TERMS) if state is not JobState.PENDING else fresh
    for _ in range(attempt - 1):
        fresh = retry(move_to(fresh, JobState.FAILED, NOW, TERMS), NOW, TERMS)
    return fresh


def test_a_new_job_is_pending_and_its_event_carries_the_request():
    fresh = job()

    assert fresh.state is JobState.PENDING
    assert fresh.deadline == NOW + timedelta(minutes=10)
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
        with pytest.raises(IllegalTransition, match=f"is {before} cannot become {after}"):
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

    again = retry(failed, later, TERMS)

    assert (again.state, again.attempt) == (JobState.PENDING, 2)
    assert (again.weather, again.failure, again.result) == (None, None, None)
    assert again.deadline == later + TERMS.duration


LATER = [state for state in JobState if state != JobState.PENDING]


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
