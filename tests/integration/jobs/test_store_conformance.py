"""What every store of jobs does, whichever database is below it."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mare_services.contract.errors import IdempotencyKeyReused, TooManyOpenJobs
from mare_services.contract.jobs import JobState, JobSubmission
from mare_services.jobs.adapters.sqlite import Sqlite
from mare_services.jobs.domain.batch import Batch
from mare_services.jobs.domain.job import Event, Terms, accepted_event, new_job, record, retry
from mare_services.jobs.ports import Change
from tests.job_stores import data, outbox, types

NOW = datetime(2026, 11, 25, 12, 30, 15, 250_000, tzinfo=UTC)
TERMS = Terms()
SECOND = timedelta(seconds=1)


def submission(number=1, *, client="ana", key=None, request=None, now=NOW):
    submitted = JobSubmission(
        id=f"019ab000-0000-7000-8000-{number:012}",
        client=client,
        request=request or {"city": "Recife", "limit": 20},
        idempotency_key=key,
    )
    job = new_job(submitted, None, now, TERMS)
    return Change(job, (accepted_event(job),))


def replaced(change, **fields):
    return Change(replace(change.job, **fields), change.events)


def complete(result):
    def decide(job):
        done = record(job, job.attempt, JobState.COMPLETE, NOW, TERMS, result=result)
        return Change(done, (Event("callback_due", {"id": job.id}),)) if done else None

    return decide


def test_an_accepted_job_is_there_for_every_process_with_its_event(open_store):
    accepted = open_store().accept(submission())

    other = open_store()
    assert other.get(accepted.id) == accepted == submission().job
    assert [data(event) for event in outbox(other)] == [
        {"job_id": accepted.id, "attempt": 1, "request": {"city": "Recife", "limit": 20}}
    ]


def test_its_clock_shows_the_seconds_of_now(store):
    assert store.database.time() == pytest.approx(time.time(), abs=5)


def test_an_unknown_job_is_none(store):
    assert store.get("nothing") is None
    assert store.change("nothing", complete(1)) is None


def test_the_same_submission_twice_is_one_job_with_one_event(store):
    store.accept(submission())

    assert store.accept(submission(now=NOW + timedelta(seconds=5))).created_at == NOW
    assert types(store) == ["job_accepted"]


def test_the_same_key_and_request_return_the_first_job(store):
    first = store.accept(submission(1, key="k"))

    assert store.accept(submission(2, key="k")).id == first.id
    assert types(store) == ["job_accepted"]


def test_the_same_key_with_another_request_is_a_conflict(store):
    store.accept(submission(1, key="k"))

    with pytest.raises(IdempotencyKeyReused):
        store.accept(submission(2, key="k", request={"city": "Olinda"}))
    assert types(store) == ["job_accepted"]


def test_the_id_of_another_client_is_a_conflict_and_reveals_nothing(store):
    store.accept(submission(1, client="ana"))

    with pytest.raises(IdempotencyKeyReused):
        store.accept(submission(1, client="eve"))


def test_of_one_submitter_a_bounded_number_of_jobs_may_be_open(store, batches):
    store.max_open = 2
    first, _ = (store.accept(submission(number, key=f"k{number}")) for number in (1, 2))

    with pytest.raises(TooManyOpenJobs, match="At most 2 of your jobs"):
        store.accept(submission(3))
    with pytest.raises(TooManyOpenJobs):
        batches.accept(Batch(id="b", client="ana", idempotency_key=None, created_at=NOW,
                             retained_until=NOW), [submission(4)])  # fmt: skip

    assert store.accept(submission(1, key="k1")) == first
    assert store.accept(replaced(submission(5), submitter="other")).submitter == "other"
    assert (store.get(submission(3).job.id), batches.get("b")) == (None, None)
    assert types(store) == ["job_accepted"] * 3


def test_an_ended_job_makes_room_and_a_retry_needs_some(store):
    store.max_open = 1
    job = store.accept(submission(1))

    store.change(job.id, lambda job: Change(replace(job, state=JobState.FAILED)))
    store.accept(submission(2))

    with pytest.raises(TooManyOpenJobs):
        store.change(job.id, lambda job: Change(retry(job, NOW, TERMS)))
    assert store.get(job.id).state is JobState.FAILED


def test_two_clients_may_use_the_same_key(store):
    first = store.accept(submission(1, client="ana", key="k"))

    assert store.accept(submission(2, client="rui", key="k")).id != first.id


def test_state_and_outbox_change_together(store):
    job = store.accept(submission()).id

    store.change(job, complete({"n": 1}))

    assert store.get(job).state is JobState.COMPLETE
    assert types(store) == ["job_accepted", "callback_due"]


def test_a_decision_against_a_change_writes_nothing(store):
    job = store.accept(submission()).id
    store.change(job, complete({"n": 1}))

    assert store.change(job, complete({"n": 2})).result == {"n": 1}
    assert types(store) == ["job_accepted", "callback_due"]


def test_a_failure_in_the_middle_leaves_no_trace(store):
    job = store.accept(submission()).id

    def fail(_):
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="middle"):
        store.change(job, fail)

    assert store.get(job).state is JobState.PENDING
    store.change(job, complete(1))
    assert store.get(job).state is JobState.COMPLETE


def test_published_events_leave_the_outbox(store):
    for number in range(3):
        store.accept(submission(number))
    first, *rest = outbox(store)

    store.outbox.settle([first.message_id])

    assert outbox(store) == rest


def test_a_claimed_event_goes_to_one_caller_until_its_claim_ends(open_store):
    one, other = open_store(), open_store()
    for number in range(3):
        one.accept(submission(number))
    now = datetime.now(UTC)
    until = now + timedelta(seconds=10)
    claimed = one.outbox.claim(now, until, 10, "job_accepted")
    one.outbox.settle([], [event.message_id for event in outbox(one)])

    first = one.outbox.claim(now, until, 2, "job_accepted")

    assert (len(claimed), len(first)) == (0, 2)
    assert other.outbox.claim(now, until, 10, "callback_due") == []
    assert len(other.outbox.claim(now, until, 10, "job_accepted")) == 1
    assert other.outbox.claim(now, until, 10, "job_accepted") == []
    assert len(other.outbox.claim(until + timedelta(seconds=1), until, 10, "job_accepted")) == 3


def test_only_unfinished_jobs_are_stalled_or_overdue(store):
    for number in range(3):
        store.accept(submission(number))
    store.change(submission(1).job.id, complete(1))
    late = NOW + TERMS.duration + timedelta(seconds=1)
    store.outbox.settle([event.message_id for event in outbox(store)])

    found = []

    def note(job):
        found.append(job.id[-1])

    assert store.has_stalled(NOW + 2 * SECOND, SECOND, 5)
    store.change_stalled(NOW + 2 * SECOND, SECOND, 5, 10, note)
    store.change_overdue(late, 10, note)
    assert sorted(found) == ["0", "0", "2", "2"]

    assert not store.has_stalled(NOW + SECOND, SECOND, 5)
    assert not store.has_stalled(NOW + 2 * SECOND, SECOND, 0)
    assert store.change_stalled(NOW + SECOND, SECOND, 5, 10, note) == 0
    assert store.change_overdue(NOW, 10, note) == 0
    assert len(found) == 4


def test_no_job_is_stalled_while_an_old_event_waits_in_the_outbox(store):
    store.accept(submission())
    [event] = outbox(store)
    later = datetime.now(UTC) + timedelta(days=1)

    waiting = store.has_stalled(later, SECOND, 5)
    store.outbox.settle([event.message_id])

    assert (waiting, store.has_stalled(later, SECOND, 5)) == (False, True)


@pytest.mark.parametrize("is_read_only", [False, True])
def test_an_error_that_every_attempt_would_raise_is_no_outage(store, is_read_only):
    database = store.database
    is_sqlite = isinstance(database, Sqlite)
    read_only = "PRAGMA query_only = 1" if is_sqlite else "SET TRANSACTION READ ONLY"

    def write():
        with database.transaction() as transaction:
            if is_read_only:
                transaction.execute(read_only)
            transaction.execute("INSERT INTO outbox (message_id) VALUES ('without a type')")

    with pytest.raises(database.errors) as raised:
        write()

    assert isinstance(raised.value, database.outages) is is_read_only


def test_a_table_that_a_restore_has_not_created_yet_is_an_outage(store):
    with pytest.raises(store.database.outages), store.database.transaction() as transaction:
        transaction.execute("SELECT * FROM not_restored_yet")


def test_a_record_is_deleted_after_its_retention(store):
    job = store.accept(submission()).id
    store.change(job, complete(1))
    ended = store.get(job)

    assert store.delete_expired(ended.retained_until - timedelta(seconds=1)) == 0
    assert store.delete_expired(ended.retained_until + timedelta(seconds=1)) == 1
    assert store.get(job) is None


def test_of_many_threads_that_end_a_job_one_wins(store):
    job = store.accept(submission()).id
    results = []

    def end(number):
        results.append(store.change(job, complete(number)).result)

    threads = [threading.Thread(target=end, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(results)) == 1
    assert types(store).count("callback_due") == 1


def test_of_many_threads_with_one_key_one_job_is_stored(store):
    ids = []

    def accept(number):
        ids.append(store.accept(submission(number, key="k")).id)

    threads = [threading.Thread(target=accept, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(ids) == 8
    assert len(set(ids)) == 1
    assert types(store) == ["job_accepted"]
