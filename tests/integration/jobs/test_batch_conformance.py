"""What every store does with batches, whichever database is below it."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from mare_services.contract.errors import IdempotencyKeyReused
from mare_services.contract.jobs import JobState
from mare_services.jobs.domain.batch import Batch, view
from mare_services.jobs.ports import Change
from tests.integration.jobs.test_store_conformance import NOW, SECOND, complete, submission
from tests.job_stores import types


def batch(number=1, *, client="ana", key=None):
    return Batch(
        id=f"b{number}",
        client=client,
        idempotency_key=key,
        created_at=NOW,
        retained_until=NOW + timedelta(hours=24),
    )


def test_a_batch_and_its_jobs_are_stored_together(store, batches):
    accepted = batches.accept(batch(), [submission(2), submission(1)])

    assert batches.get("b1") == accepted
    assert [member.id[-1] for member in accepted[1]] == ["2", "1"]
    assert types(store) == ["job_accepted", "job_accepted"]
    store.change(accepted[1][0].id, complete(1))
    assert [member.state for member in batches.get("b1")[1]] == [
        JobState.COMPLETE, JobState.PENDING,
    ]  # fmt: skip


def test_of_many_equal_batches_at_once_one_is_stored(store, batches):
    found, barrier = [], threading.Barrier(6)

    def accept(number):
        barrier.wait()
        jobs = [submission(10 * number + each) for each in range(3)]
        found.append(batches.accept(batch(number, key="k"), jobs)[0].id)

    threads = [threading.Thread(target=accept, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 6
    assert len(set(found)) == 1
    assert len(types(store)) == 3


def test_other_requests_under_the_same_key_are_a_conflict_that_stores_nothing(store, batches):
    batches.accept(batch(1, key="k"), [submission(1)])

    with pytest.raises(IdempotencyKeyReused):
        batches.accept(batch(2, key="k"), [submission(2, request={"city": "Olinda"})])
    assert batches.get("b2") is None
    assert store.get(submission(2).job.id) is None


def test_jobs_of_a_client_are_listed_from_the_newest_with_their_batch(store, batches):
    batches.accept(batch(), [submission(1), submission(2)])
    store.accept(submission(3))
    store.accept(submission(4, client="rui"))

    page = batches.list_jobs("ana", None, 2)
    rest = batches.list_jobs("ana", page[-1][0].id, 2)
    assert [(job.id[-1], batch_id) for job, batch_id in [*page, *rest]] == [
        ("3", None), ("2", "b1"), ("1", "b1"),
    ]  # fmt: skip
    assert batches.list_jobs("eve", None, 2) == []


def test_a_batch_stays_as_it_ended_until_the_last_of_its_jobs_is_deleted(store, batches):
    requests = [submission(1), submission(2)]
    batches.accept(batch(key="k"), requests)
    single = store.accept(submission(3))
    later = batch().retained_until + SECOND
    states = (JobState.COMPLETE, JobState.FAILED, JobState.COMPLETE)
    for number, change in enumerate([*requests, Change(single)], 1):
        ended = replace(
            change.job, state=states[number - 1], retained_until=later + number % 3 * SECOND
        )
        store.change(ended.id, lambda _, ended=ended: Change(ended))
    first = batches.get("b1")

    assert store.delete_expired(later) == 0
    assert store.delete_expired(later + 1.5 * SECOND) == 1
    assert store.get(single.id) is None
    assert batches.get("b1") == first
    shown = view(*first)
    assert (shown["state"], shown["progress"]["total"]) == ("complete", 2)
    assert batches.accept(batch(2, key="k"), requests) == first
    assert store.delete_expired(later + 2.5 * SECOND) == 3
    assert batches.get("b1") is None
    assert batches.list_jobs("ana", None, 3) == []
    assert batches.accept(batch(2, key="k"), requests)[0].id == "b2"
