"""A store of an earlier version is upgraded in place, while processes of that version use it."""

import itertools
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from alembic.script import ScriptDirectory

from mare_services.contract.jobs import JobState
from mare_services.jobs import migrations
from mare_services.jobs.adapters.opening import migrated, schema_version
from mare_services.jobs.adapters.postgresql import PostgreSql
from mare_services.jobs.adapters.sqlite import Sqlite
from mare_services.jobs.domain.job import Terms, record
from mare_services.jobs.job_rows import select_jobs
from mare_services.jobs.job_store import JobStore
from mare_services.jobs.migrations import CONTRACTED, EXPANDED
from mare_services.jobs.ports import Change
from mare_services.jobs.settings import StoreUri
from tests.integration.jobs import old_store
from tests.integration.jobs.old_store import RESULT, OldProcess
from tests.integration.jobs.test_store_conformance import NOW, complete, submission
from tests.job_stores import outbox
from tests.vhost import eventually

_WAITING = """SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
WHERE NOT granted AND datname = current_database()"""


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def empty(request, tmp_path):
    """A store without tables: its URI, and `open`, which connects as another process would."""
    opened = []
    if request.param == "SQLite":
        path = tmp_path / "jobs.db"
        uri, connect = StoreUri(f"sqlite://{path}"), lambda: Sqlite(path)
    else:
        uri = StoreUri(request.getfixturevalue("postgresql").new_database())
        connect = lambda: PostgreSql(str(uri))  # noqa: E731

    def open_one():
        opened.append(connect())
        return opened[-1]

    yield SimpleNamespace(uri=uri, open=open_one)
    for each in opened:
        each.close()


@pytest.fixture
def old(empty):
    """A store of the version before the first migration."""
    old_store.create(empty.open())
    return empty


def start_migration(uri, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "mare_services.jobs.migrations", *arguments],
        env=os.environ | {"JOBS_STORE": str(uri)},
        stderr=subprocess.PIPE,
    )


def end(migration):
    """Wait for a migration, and return what it has written."""
    output = migration.communicate(timeout=120)[1].decode()
    return output if migration.returncode else ""


@pytest.mark.parametrize("jobs", [1_000, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_jobs_in_all_states_are_kept_and_go_on_after_the_upgrade(old, jobs):
    database = old.open()
    old_store.fill(database, jobs)
    tables = ("jobs", "batches", "batch_jobs", "deliveries")
    before = [old_store.rows(database, table) for table in tables]

    assert migrated(old.uri, database) == EXPANDED

    assert [old_store.rows(database, table) for table in tables] == before
    store = JobStore(database)
    with database.transaction(writes=False) as transaction:
        found = select_jobs(transaction, "ORDER BY id", ())
    assert {job.state for job in found} == set(JobState)
    assert [job.result for job in found if job.result] == [RESULT] * len(range(3, jobs, 7))
    assert [job.context for job in found] == [None] * jobs
    assert len(outbox(store)) == jobs
    for number in range(7):
        store.change(old_store.name(number), finish)
    ended = [store.get(old_store.name(number)).state.value for number in range(7)]
    assert ended == ["complete"] * 4 + ["failed", "cancelled", "expired"]


def finish(job):
    done = record(job, job.attempt, JobState.COMPLETE, NOW, Terms(), result=RESULT)
    return Change(done) if done else None


@pytest.mark.parametrize("jobs", [2_000])
def test_processes_of_both_versions_change_jobs_during_the_upgrade(old, jobs):
    old_store.fill(old.open(), jobs)
    process, over, errors = OldProcess(old.open()), threading.Event(), []
    accepted = []

    def run_old():
        try:
            for number in itertools.count(jobs):
                process.accept(number)
                accepted.append(old_store.name(number))
                process.complete(old_store.name(number))
                process.publish()
                if over.is_set():
                    return
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    running = threading.Thread(target=run_old)
    running.start()
    eventually(lambda: len(accepted) > 3 or errors)
    version = migrated(old.uri, old.open())
    store = JobStore(old.open(), compact=version >= CONTRACTED)
    before = len(accepted)
    new = [store.accept(submission(10**6 + number)).id for number in range(20)]
    for job_id in new:
        store.change(job_id, complete(RESULT))
    eventually(lambda: len(accepted) > before + 3 or errors)
    over.set()
    running.join()
    eventually(lambda: process.publish() or set(new) <= set(process.published))

    assert errors == []
    assert {store.get(job_id).result["playlist"]["tracks"][0] for job_id in accepted} == {
        "Águas de Março"
    }
    assert [process.result(job_id) for job_id in new] == [RESULT] * 20, "both read what it writes"
    assert set(accepted) <= set(process.published)


def test_processes_that_start_at_once_migrate_once(old):
    old_store.fill(old.open(), 100)
    starting = [start_migration(old.uri) for _ in range(2)]

    assert [end(each) for each in starting] == [""] * 2
    assert schema_version(old.open()) == EXPANDED


def test_a_migration_that_is_killed_is_repeated(old):
    old_store.fill(old.open(), 100)
    for seconds in (0.6, 0.8, 1.0, 1.2):
        killed = start_migration(old.uri)
        try:
            killed.wait(seconds)
        except subprocess.TimeoutExpired:
            killed.kill()
        killed.communicate()

    assert migrated(old.uri, old.open()) == EXPANDED
    assert len(old_store.rows(old.open(), "jobs")) == 100


def test_a_new_store_has_the_last_version_and_one_of_a_later_version_is_left_alone(empty):
    database = empty.open()
    assert migrated(empty.uri, database) == CONTRACTED
    with database.transaction() as transaction:
        transaction.execute("UPDATE jobs_schema SET version_num = '0099'")

    assert migrated(empty.uri, database) == "0099"


def test_results_are_stored_without_the_weather_once_no_earlier_version_runs(old):
    database = old.open()
    old_store.fill(database, 7)
    expanded = JobStore(database, compact=migrated(old.uri, database) >= CONTRACTED)
    expanded.change(old_store.name(0), finish_with_weather)
    assert not end(start_migration(old.uri, "--contract"))
    contracted = JobStore(database, compact=migrated(old.uri, database) >= CONTRACTED)
    contracted.change(old_store.name(1), finish_with_weather)

    stored = {row[0]: json.loads(row[13]) for row in old_store.rows(database, "jobs") if row[13]}
    assert stored[old_store.name(0)] == RESULT
    assert "weather" not in stored[old_store.name(1)]
    for number in (0, 1, 3):
        assert expanded.get(old_store.name(number)).result == RESULT


def finish_with_weather(job):
    fields = {"result": RESULT, "weather": old_store.REPORT}
    return Change(record(job, job.attempt, JobState.COMPLETE, NOW, Terms(), **fields))


def test_a_migration_fails_no_change_of_a_transaction_that_is_open(postgresql):
    uri = StoreUri(postgresql.new_database())
    database = PostgreSql(str(uri))
    old_store.create(database)
    old_store.fill(database, 10)

    with database.transaction() as transaction:
        transaction.execute("DELETE FROM outbox")
        migration = start_migration(uri)
        eventually(lambda: is_blocked(uri))
        transaction.execute("UPDATE jobs SET client = 'bruno'")

    assert not end(migration)
    assert {row[1] for row in old_store.rows(database, "jobs")} == {"bruno"}
    database.close()


def is_blocked(uri):
    """Return whether a statement in the database waits for a lock."""
    with psycopg.connect(str(uri)) as connection:
        waiting = connection.execute(_WAITING).fetchone()
    return waiting[0] > 0


def test_the_process_knows_the_versions_of_the_migrations():
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_current_head() == CONTRACTED
    assert EXPANDED in {script.revision for script in scripts.walk_revisions()}
