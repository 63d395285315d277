"""Opens the store of the jobs, which may start after the service or be repaired meanwhile."""

import os
import sys

import eventlet
from eventlet import tpool
from eventlet.green import subprocess

from mare_nameko.backoff import Backoff
from mare_nameko.bounded_logs import OutageLog
from mare_services.jobs.adapters.sqlite import Sqlite
from mare_services.jobs.job_store import JobStore
from mare_services.jobs.migrations import CONTRACTED, EXPANDED, VERSION_TABLE
from mare_services.jobs.ports import Database
from mare_services.jobs.settings import StoreUri

MIGRATION_SECONDS = 600.0


class MigrationFailed(Exception):
    """Raised with the last line that the process of the migration has written."""


def open_store(uri: StoreUri, max_open: int) -> JobStore:
    """Return when the store has its tables and its time is known; raise SettingsError at once."""
    database = _database(uri)
    errors: tuple[type[Exception], ...] = (*database.errors, MigrationFailed)
    backoff, outage_log = Backoff(), OutageLog("the store of the jobs")
    while True:
        try:
            version = migrated(uri, database)
            store = JobStore(database, max_open, compact=version >= CONTRACTED)
            tpool.execute(store.clock.synchronize)
        except errors as error:
            outage_log.connection_failed(error)
            eventlet.sleep(backoff.next_delay())
        else:
            outage_log.connected()
            return store


def migrated(uri: StoreUri, database: Database) -> str:
    """Migrate a store that is new or older than this software; return the version it has then."""
    version: str = tpool.execute(schema_version, database)
    if version >= EXPANDED:
        return version
    is_new = not version and not tpool.execute(database.has_table, "jobs")
    arguments = ["--contract"] if is_new else []
    done = subprocess.run(
        [sys.executable, "-m", "mare_services.jobs.migrations", *arguments],
        env=os.environ | {"JOBS_STORE": str(uri)},
        capture_output=True,
        text=True,
        timeout=MIGRATION_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise MigrationFailed((done.stderr.strip().splitlines() or ["no output"])[-1])
    return str(tpool.execute(schema_version, database))


def schema_version(database: Database) -> str:
    """Return the version of a store, for example ``0003``; empty before the first migration."""
    if not database.has_table(VERSION_TABLE):
        return ""
    with database.transaction(writes=False) as transaction:
        rows = transaction.execute(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608
    return str(rows[0][0]) if rows else ""


def _database(uri: StoreUri) -> Database:
    if uri.sqlite_path is not None:
        return Sqlite(uri.sqlite_path)
    from mare_services.jobs.adapters.postgresql import PostgreSql  # noqa: PLC0415 - optional

    return PostgreSql(str(uri))
