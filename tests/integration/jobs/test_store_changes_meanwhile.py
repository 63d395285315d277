"""A job that changes during a sweep, and a server that becomes a standby."""

import threading
from dataclasses import replace

import psycopg
import pytest

from mare_services.contract.jobs import JobState
from mare_services.jobs.adapters.postgresql import PostgreSql
from mare_services.jobs.domain.job import retry
from mare_services.jobs.job_store import JobStore
from mare_services.jobs.ports import Change
from tests.integration.jobs.test_store_conformance import SECOND, TERMS, complete, submission
from tests.job_stores import postgresql_store


def test_a_job_whose_retry_is_accepted_during_a_sweep_stays(open_store):
    store = open_store()
    job = store.accept(submission()).id
    store.change(job, complete(1))
    late = store.get(job).retained_until + SECOND
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
    sweep.join(0.5)  # it waits for the lock of the retry
    goes_on.set()
    retrying.join()
    sweep.join()

    assert deleted == [0]
    assert store.get(job).state is JobState.PENDING


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
