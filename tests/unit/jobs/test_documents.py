"""What jobs answers and publishes is what the contract declares, field by field."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mare_services.contract.callbacks import CallbackDue, CallbackType, CallbackView
from mare_services.contract.jobs import (
    BatchJob,
    BatchView,
    JobAccepted,
    JobChanged,
    JobFailure,
    JobState,
    JobSubmission,
    JobSummary,
    JobView,
)
from mare_services.contract.suggestion import SuggestionRequest
from mare_services.contract.wire import read
from mare_services.jobs.domain import batch as batches
from mare_services.jobs.domain.job import Terms, accepted_event, changed_event, new_job
from mare_services.jobs.domain.view import change_events, head, view
from mare_services.jobs.job_rows import changed_columns

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATER = NOW + MINUTE
TERMS = Terms(duration=10 * MINUTE, retention=60 * MINUTE)
CALLBACK = {
    "url": "https://example.com/secret",
    "destination": "https://example.com",
    "events": ["job.failed"],
    "ended": False,
}


@pytest.fixture
def failed():
    submitted = JobSubmission(
        id="1",
        client="ana",
        request={"city": "Recife"},
        idempotency_key="k",
        submitter="address of ana",
    )
    pending = new_job(submitted, CALLBACK, NOW, TERMS)
    failure = {"type": "SourceFailed", "detail": "No."}
    return replace(pending, state=JobState.FAILED, updated_at=LATER, attempt=2, failure=failure)


def exactly(document, kind):
    """Read a document, and make sure that it has no field besides those of its type."""
    assert document.keys() <= kind.__dataclass_fields__.keys()
    return read(document, kind)


def test_a_job_is_shown_without_the_path_of_its_callback(failed):
    shown = exactly(view(failed), JobView)

    assert shown == JobView(
        id="1",
        state=JobState.FAILED,
        request=SuggestionRequest(city="Recife"),
        created_at=NOW,
        updated_at=LATER,
        expires_at=NOW + 70 * MINUTE,
        attempt=2,
        failure=JobFailure(type="SourceFailed", detail="No."),
        callback=CallbackView(destination="https://example.com", events=(CallbackType.FAILED,)),
    )
    assert "secret" not in str(view(failed))
    assert view(replace(failed, weather={"t": 1}))["weather"] == {"t": 1}


def test_a_list_shows_the_head_of_a_job(failed):
    assert exactly(head(failed), JobSummary).expires_at == NOW + 70 * MINUTE


def test_the_events_of_a_job_are_those_of_the_contract(failed):
    accepted, changed = accepted_event(failed), changed_event(failed)

    assert (accepted.type, changed.type) == ("job_accepted", "job_changed")
    assert exactly(accepted.data, JobAccepted).attempt == 2
    assert exactly(changed.data, JobChanged) == JobChanged(
        job_id="1", attempt=2, state=JobState.FAILED, client="ana", updated_at=LATER
    )


def test_a_due_callback_carries_the_job_as_it_is_shown(failed):
    changed, due = change_events(failed, failed)

    assert (changed.type, due.type) == ("job_changed", "callback_due")
    assert exactly(due.data, CallbackDue) == CallbackDue(
        webhook_id="msg_1_2_failed",
        job_id="1",
        type=CallbackType.FAILED,
        url="https://example.com/secret",
        payload={
            "type": "job.failed",
            "timestamp": LATER.isoformat(),
            "data": view(failed),
        },
    )


def test_a_batch_was_updated_when_the_last_of_its_jobs_was():
    batch = batches.Batch(
        id="b", client="ana", idempotency_key=None, created_at=NOW, retained_until=NOW + 60 * MINUTE
    )
    members = [
        batches.Member("1", JobState.COMPLETE, LATER, NOW + 60 * MINUTE),
        batches.Member("2", JobState.PENDING, NOW, NOW + 70 * MINUTE),
    ]

    shown = exactly(batches.view(batch, members), BatchView)
    assert {state: count for state, count in shown.progress.items() if count} == {
        "total": 2, "ended": 1, "complete": 1, "pending": 1,
    }  # fmt: skip
    assert shown == BatchView(
        id="b",
        state=JobState.RUNNING,
        created_at=NOW,
        updated_at=LATER,
        expires_at=NOW + 70 * MINUTE,
        progress=shown.progress,
        jobs=(BatchJob(id="1", state=JobState.COMPLETE), BatchJob(id="2", state=JobState.PENDING)),
    )


def test_a_transition_writes_the_columns_that_it_changes(failed):
    later = replace(failed, state=JobState.CANCELLED, retained_until=failed.retained_until + MINUTE)

    assert {name for name, _ in changed_columns(failed, later, compact=True)} == {
        "state", "retained_until"
    }  # fmt: skip
