"""Batches and lists over a real SQLite file."""

from datetime import UTC, datetime, timedelta

import pytest

from mare_services.contract.errors import (
    IdempotencyKeyReused,
    JobNotChangeable,
    JobNotFound,
)
from mare_services.contract.jobs import BatchItem, BatchSubmission, JobState, JobSubmission
from mare_services.jobs.batch_store import BatchStore
from mare_services.jobs.batches import BatchLifecycle
from mare_services.jobs.domain.batch import Member, state_of, view
from mare_services.jobs.domain.job import Terms
from mare_services.jobs.lifecycle import JobLifecycle
from tests.job_stores import sqlite_store, types

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TERMS = Terms()
CITIES = ("Recife", "Olinda", "Natal")


class System:
    def __init__(self, path):
        self.now = NOW
        self.store = sqlite_store(path)
        clock = lambda: self.now  # noqa: E731
        self.lifecycle = JobLifecycle(
            self.store, terms=TERMS, stalled_after=timedelta(minutes=1), redeliveries=3, clock=clock
        )
        self.batches = BatchLifecycle(BatchStore(self.store), self.lifecycle)

    def accept(self, batch_id="b1", *, client="ana", key=None, cities=CITIES):
        jobs = tuple(
            BatchItem(id=f"{batch_id}-{n}", request={"city": city}) for n, city in enumerate(cities)
        )
        submission = BatchSubmission(id=batch_id, jobs=jobs, client=client, idempotency_key=key)
        return self.batches.accept(submission, [None] * len(jobs))

    def end(self, job_id, state, **fields):
        self.lifecycle.record(job_id, 1, state, **fields)


@pytest.fixture
def system(tmp_path):
    system = System(tmp_path / "jobs.db")
    yield system
    system.store.close()


def test_a_batch_has_one_job_for_each_request(system):
    batch = system.accept()

    assert (batch["state"], batch["progress"]["total"], batch["progress"]["ended"]) == (
        "pending", 3, 0,
    )  # fmt: skip
    requests = [system.lifecycle.get(job["id"], "ana").request["city"] for job in batch["jobs"]]
    assert tuple(requests) == CITIES
    assert types(system.store) == ["job_accepted"] * 3


def test_the_progress_follows_the_jobs(system):
    system.accept()
    system.end("b1-0", JobState.COMPLETE, result={})
    system.end("b1-1", JobState.PARTIAL, weather={})
    batch = system.batches.get("b1", "ana")

    assert batch["state"] == "running"
    assert {name: n for name, n in batch["progress"].items() if n} == {
        "total": 3, "ended": 1, "complete": 1, "partial": 1, "pending": 1,
    }  # fmt: skip
    system.end("b1-1", JobState.COMPLETE, result={})
    system.end("b1-2", JobState.FAILED, failure={})
    assert system.batches.get("b1", "ana")["state"] == "complete"


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ("pending pending", "pending"),
        ("pending complete", "running"),
        ("partial partial", "running"),
        ("complete failed", "complete"),
        ("failed cancelled", "failed"),
        ("expired expired", "failed"),
        ("cancelled cancelled", "cancelled"),
    ],
)
def test_the_state_of_a_batch_follows_from_its_jobs(states, expected):
    members = [Member(str(n), JobState(state), NOW, NOW) for n, state in enumerate(states.split())]
    assert state_of(members) == expected


def test_a_repeated_batch_is_the_first_one(system):
    first = system.accept("b1", key="k")

    assert system.accept("b2", key="k") == system.accept("b1", key="k") == first
    assert system.accept("b3", client="rui", key="k")["id"] == "b3"
    with pytest.raises(IdempotencyKeyReused):
        system.accept("b4", key="k", cities=("Recife",))
    with pytest.raises(JobNotFound):
        system.lifecycle.get("b4-0", "ana")


def test_a_batch_is_accepted_whole_or_not_at_all(system):
    system.lifecycle.accept(JobSubmission(id="b1-2", client="ana", request={"city": "x"}))

    with pytest.raises(IdempotencyKeyReused):
        system.accept("b1")
    with pytest.raises(JobNotFound):
        system.lifecycle.get("b1-0", "ana")
    with pytest.raises(JobNotFound):
        system.batches.get("b1", "ana")


def test_a_batch_belongs_to_its_client(system):
    system.accept()

    with pytest.raises(JobNotFound):
        system.batches.get("b1", "eve")


def test_a_batch_can_be_cancelled_twice_though_one_of_its_jobs_is_complete(system):
    system.accept()
    system.end("b1-0", JobState.COMPLETE, result={})

    first, second = (system.batches.cancel("b1", "ana") for _ in range(2))
    assert first == second
    assert first["state"] == "complete"
    assert (first["progress"]["complete"], first["progress"]["cancelled"]) == (1, 2)


def test_the_cancellation_of_a_batch_takes_one_transaction_for_each_job(system, monkeypatch):
    system.accept()
    transactions, transaction = [], system.store.database.transaction

    def counted(**options):
        transactions.append(options)
        return transaction(**options)

    monkeypatch.setattr(system.store.database, "transaction", counted)

    assert system.batches.cancel("b1", "ana")["state"] == "cancelled"
    assert transactions == [{"writes": False}, *[{}] * len(CITIES), {"writes": False}]


def test_a_batch_can_outlive_the_records_of_its_jobs(system):
    system.accept()
    batch, _ = system.batches.store.get("b1")

    shown = view(batch, [])
    assert (shown["updated_at"], shown["jobs"]) == (shown["created_at"], [])


def test_a_batch_of_running_jobs_is_kept_after_its_own_retention(system):
    submitted = system.accept()
    system.now += TERMS.duration + TERMS.retention - timedelta(seconds=1)

    assert system.lifecycle.delete_expired() == 0
    assert system.batches.get("b1", "ana") == submitted
    assert submitted["expires_at"] == (NOW + TERMS.duration + TERMS.retention).isoformat()


def test_a_batch_that_has_ended_cannot_be_cancelled(system):
    system.accept()
    cancelled = [system.batches.cancel("b1", "ana")["state"] for _ in range(2)]
    system.accept("b2")
    for number in range(3):
        system.end(f"b2-{number}", JobState.COMPLETE, result={})

    assert cancelled == ["cancelled", "cancelled"]
    with pytest.raises(JobNotChangeable, match="complete"):
        system.batches.cancel("b2", "ana")


def test_jobs_are_listed_by_pages_newest_first(system):
    system.accept("b1")
    system.accept("b2", client="rui")
    system.lifecycle.accept(JobSubmission(id="c", client="ana", request={"city": "x"}))

    first = system.batches.list_jobs("ana", 2, None)
    second = system.batches.list_jobs("ana", 2, first["next_cursor"])
    assert [job["id"] for job in first["jobs"] + second["jobs"]] == ["c", "b1-2", "b1-1", "b1-0"]
    assert second["next_cursor"] is None
    assert [job["batch_id"] for job in first["jobs"]] == [None, "b1"]
    assert system.batches.list_jobs("eve", 2, None) == {"jobs": [], "next_cursor": None}
