"""A replica of the jobs service starts while others change jobs in PostgreSQL."""

import threading

import psycopg

from mare_services.jobs.adapters.postgresql import PostgreSql
from mare_services.jobs.job_store import JobStore
from tests.integration.jobs.test_store_conformance import submission
from tests.vhost import eventually

_WAITING = """SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
WHERE NOT granted AND datname = current_database()"""


def test_a_replica_that_starts_fails_no_change(postgresql):
    uri = postgresql.new_database()
    database = PostgreSql(uri)
    store = JobStore(database)
    job = store.accept(submission()).id
    starting = threading.Thread(target=lambda: JobStore(PostgreSql(uri)).close())

    with database.transaction() as transaction:
        transaction.execute("DELETE FROM outbox")
        starting.start()
        eventually(lambda: is_blocked(uri))
        transaction.execute("UPDATE jobs SET client = 'bruno'")
    starting.join()

    assert store.get(job).client == "bruno"
    store.close()


def is_blocked(uri):
    """Return whether a statement in the database waits for a lock."""
    with psycopg.connect(uri) as connection:
        waiting = connection.execute(_WAITING).fetchone()
    return waiting[0] > 0
