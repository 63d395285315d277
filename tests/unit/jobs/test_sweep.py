"""A sweep finds all that is due, however much else waits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mare_services.contract.jobs import JobState, JobSubmission
from mare_services.jobs.domain.job import Terms, new_job
from mare_services.jobs.job_store import insert_job
from mare_services.jobs.lifecycle import LATE, JobLifecycle
from mare_services.jobs.ports import Change
from mare_services.jobs.service import JobsService
from tests.fakes.clock import Clock
from tests.job_stores import data, outbox

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CONTEXT = {"request_id": "r"}


@pytest.fixture
def clock():
    return Clock(NOW)


@pytest.fixture
def service(store, clock):
    service = JobsService()
    service.backlog_is_empty = lambda: True
    service.resources = type("Resources", (), {})()
    service.resources.lifecycle = JobLifecycle(
        store,
        terms=Terms(),
        stalled_after=MINUTE,
        redeliveries=5,
        clock=clock,
        context=lambda: {"request_id": "of the sweep"},
    )
    service.resources.store = store
    service._call = lambda work, *args: work(*args)
    return service


def add(store, prefix, jobs, updated_at, **fields):
    with store.outbox.transaction() as transaction:
        for number in range(jobs):
            submitted = JobSubmission(id=f"{prefix}{number}", request={})
            job = new_job(submitted, None, updated_at, Terms(), CONTEXT)
            insert_job(transaction, Change(replace(job, **fields)))


def test_lost_jobs_do_not_wait_behind_older_jobs_that_run(service, store, clock):
    add(store, "running", 300, NOW - 3 * MINUTE, state=JobState.RUNNING)
    add(store, "redelivered", 300, NOW - 2 * MINUTE, redelivered=4)
    add(store, "lost", 150, NOW - 1.5 * MINUTE)

    service.sweep()

    published = [data(event)["job_id"] for event in outbox(store)]
    assert sorted(published) == sorted(f"lost{number}" for number in range(150))


def test_each_sweep_reads_the_time_of_the_store_first(service, store, monkeypatch):
    """A clock that the machine sets, or a store that moves, counts from the next sweep on."""
    monkeypatch.setattr(store.database, "time", (NOW + 15 * MINUTE).timestamp)
    add(store, "overdue", 1, NOW)
    service.resources.lifecycle.clock = store.clock

    service.sweep()

    assert store.get("overdue0").state is JobState.EXPIRED


def test_a_job_is_published_again_before_it_expires_though_others_wait(service, store):
    service.backlog_is_empty = lambda: False
    add(store, "waiting", 5, NOW - 9 * MINUTE)
    add(store, "lost", 1, NOW - 11 * MINUTE)

    service.sweep()

    assert [data(event)["job_id"] for event in outbox(store)] == ["lost0"]


def test_a_job_that_becomes_overdue_during_a_sweep_is_not_published_again(service, store):
    add(store, "overdue", 1, NOW - 16 * MINUTE)

    assert service.resources.lifecycle.redeliver_late() == 0


def test_an_overload_in_which_all_jobs_wait_for_long_is_not_doubled(service, store):
    service.backlog_is_empty = lambda: False
    add(store, "", 300, NOW - 11 * MINUTE)

    service.sweep()

    assert len(outbox(store)) == LATE


def test_thousands_of_overdue_jobs_expire_in_one_sweep(service, store, clock):
    add(store, "", 1_050, NOW - 30 * MINUTE)

    service.sweep()

    with store.database.transaction() as transaction:
        states = transaction.execute("SELECT state, count(*) FROM jobs GROUP BY state")
    assert states == [("expired", 1_050)]


def test_what_a_sweep_publishes_belongs_to_the_request_that_submitted_the_job(service, store):
    add(store, "", 1, NOW - 2 * MINUTE)

    service.sweep()

    assert [event.context for event in outbox(store)] == [CONTEXT]
