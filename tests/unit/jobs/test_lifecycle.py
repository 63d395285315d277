"""The rules of jobs over a real SQLite file and a clock of the test."""

from datetime import UTC, datetime, timedelta

import pytest

from mare_services.contract.errors import JobNotChangeable, JobNotFound
from mare_services.contract.jobs import JobState, JobSubmission
from mare_services.jobs.domain.job import Terms
from mare_services.jobs.lifecycle import JobLifecycle
from tests.fakes.clock import Clock
from tests.job_stores import data, outbox

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TERMS = Terms(duration=60 * MINUTE)


@pytest.fixture
def clock():
    return Clock(NOW)


@pytest.fixture
def lifecycle(store, clock):
    return JobLifecycle(store, terms=TERMS, stalled_after=MINUTE, redeliveries=3, clock=clock)


def accept(lifecycle, job_id="1", client="ana", key=None, city="Recife"):
    return lifecycle.accept(
        JobSubmission(id=job_id, client=client, request={"city": city}, idempotency_key=key)
    )


def publish_all(store):
    store.outbox.settle([event.message_id for event in outbox(store)])


def published(store):
    return [data(event)["attempt"] for event in outbox(store) if event.type == "job_accepted"]


def redelivered(lifecycle, store, clock):
    """Publish all events, sweep each minute for an hour; return the minutes of redeliveries."""
    minutes = []
    for minute in range(1, 60):
        publish_all(store)
        clock.now = NOW + minute * MINUTE
        if lifecycle.has_stalled() and lifecycle.redeliver():
            minutes.append(minute)
    return minutes


def test_a_stalled_job_is_published_again_after_ever_longer_waits(lifecycle, store, clock):
    accept(lifecycle)

    assert redelivered(lifecycle, store, clock) == [2, 5, 10]


def test_a_job_that_has_begun_is_published_again_after_its_retries(lifecycle, store, clock):
    accept(lifecycle)
    lifecycle.record("1", 1, JobState.RUNNING)

    assert redelivered(lifecycle, store, clock) == [7, 20, 45]


def test_a_job_that_changes_is_not_published_again(lifecycle, clock):
    accept(lifecycle)
    clock.now += 2 * MINUTE
    lifecycle.record("1", 1, JobState.RUNNING)

    assert not lifecycle.has_stalled()
    assert lifecycle.redeliver() == 0


def test_an_overdue_job_expires_once(lifecycle, clock):
    accept(lifecycle)
    clock.now += TERMS.duration + MINUTE

    assert lifecycle.expire() == 1
    assert lifecycle.expire() == 0
    assert lifecycle.get("1", "ana").state is JobState.EXPIRED


def test_the_result_of_an_expired_job_is_not_recorded(lifecycle, clock):
    accept(lifecycle)
    clock.now += TERMS.duration + MINUTE
    lifecycle.expire()

    assert lifecycle.record("1", 1, JobState.COMPLETE, result=1).result is None


def test_a_job_of_another_client_is_not_found(lifecycle):
    accept(lifecycle, client="ana")

    for call in (lifecycle.get, lifecycle.cancel, lifecycle.retry):
        with pytest.raises(JobNotFound):
            call("1", "eve")


def test_a_request_that_is_delivered_twice_changes_a_job_once(lifecycle, store, clock):
    accept(lifecycle)

    cancelled = [lifecycle.cancel("1", "ana") for _ in range(2)]
    retried = [lifecycle.retry("1", "ana") for _ in range(2)]

    assert cancelled[0] == cancelled[1]
    assert retried[0] == retried[1]
    assert published(store) == [1, 2]


def test_a_running_job_cannot_be_retried(lifecycle):
    accept(lifecycle)

    with pytest.raises(JobNotChangeable) as raised:
        lifecycle.retry("1", "ana")
    assert raised.value.extra == {"state": "pending"}
