"""Jobs that change or are deleted meanwhile, and a server that becomes a standby."""

import threading
from dataclasses import replace

import psycopg
import pytest

from mare_services.contract.jobs import JobState
from mare_services.jobs import batch_store, job_store
from mare_services.jobs.adapters.postgresql import PostgreSql
from mare_services.jobs.batch_store import BatchStore
from mare_services.jobs.domain.job import retry
from mare_services.jobs.job_store import JobStore
from mare_services.jobs.ports import Change
from tests.integration.jobs.test_batch_conformance import batch
from tests.integration.jobs.test_store_conformance import SECOND, TERMS, complete, submission
from tests.job_stores import postgresql_store


def deleted_during_a_retry(open_store, job):
    """Sweep while a retry of an ended job holds its lock; return how many are deleted."""
    store = open_store()
    late = batch().retained_until + SECOND
    is_locked, goes_on = threading.Event(), threading.Event()

    def again(found):
        is_locked.set()
        goes_on.wait(10)
        return Change(retry(replace(found, state=JobState.FAILED), late, TERMS))

    retrying = threading.Thread(target=store.change, args=(job, again))
    retrying.start()
    is_locked.wait(10)
    deleted = []
    other = open_store()
    sweep = threading.Thread(target=lambda: deleted.append(other.delete_expired(late)))
    sweep.start()
    sweep.join(0.5)  # it may wait for the lock of the retry
    goes_on.set()
    retrying.join()
    sweep.join()
    assert store.get(job).state is JobState.PENDING
    return deleted


def test_a_job_whose_retry_is_accepted_during_a_sweep_stays(open_store):
    store = open_store()
    job = store.accept(submission()).id
    store.change(job, complete(1))

    assert deleted_during_a_retry(open_store, job) == [0]


def test_a_batch_of_which_a_job_is_retried_during_a_sweep_stays_with_all_jobs(open_store):
    store = open_store()
    batches = BatchStore(store)
    _, members = batches.accept(batch(), [submission(1), submission(2)])
    for member in members:
        store.change(member.id, complete(1))

    assert deleted_during_a_retry(open_store, members[1].id) == [0]
    assert [member.state for member in batches.get("b1")[1]] == [
        JobState.COMPLETE, JobState.PENDING,
    ]  # fmt: skip


@pytest.mark.parametrize("open_store", ["PostgreSQL"], indirect=True)  # SQLite has one writer
@pytest.mark.parametrize("repeated", ["id", "key"])
@pytest.mark.parametrize("kind", ["job", "batch"])
def test_what_is_deleted_before_a_repeated_request_has_read_it_is_stored_anew(
    open_store, monkeypatch, kind, repeated
):
    store, other = open_store(), open_store()
    number = 1 if repeated == "id" else 2
    late = batch().retained_until + SECOND
    module, name = (job_store, "insert_job") if kind == "job" else (batch_store, "_insert")
    insert = getattr(module, name)

    def insert_before_a_sweep(*arguments):
        inserted = insert(*arguments)
        if not inserted:
            assert other.delete_expired(late) > 0
        return inserted

    def accept(by, number):
        if kind == "job":
            return by.accept(submission(number, key="k")).id
        return BatchStore(by).accept(batch(number, key="k"), [submission(number)])[0].id

    accept(other, 1)
    other.change(submission().job.id, complete(1))
    monkeypatch.setattr(module, name, insert_before_a_sweep)

    again = accept(store, number)

    assert again == (submission(number).job.id if kind == "job" else f"b{number}")
    assert store.get(submission(number).job.id).state is JobState.PENDING


def test_a_connection_to_a_server_that_has_become_a_standby_is_not_kept(postgresql):
    """Every job was refused until the process was restarted."""
    uri = postgresql.new_database()
    postgresql_store(uri).close()
    store = JobStore(PostgreSql(uri), compact=True)
    with psycopg.connect(uri, autocommit=True) as admin:
        of_database = f"ALTER DATABASE {admin.info.dbname}"
        admin.execute(f"{of_database} SET default_transaction_read_only = on")
        with pytest.raises(store.database.outages):
            store.accept(submission())
        admin.execute(f"{of_database} RESET default_transaction_read_only")

    assert store.accept(submission()).state is JobState.PENDING
    store.close()
