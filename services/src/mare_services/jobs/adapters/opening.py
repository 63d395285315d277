"""Opens the store of the jobs, which may start after the service or be repaired meanwhile."""

import eventlet
from eventlet import tpool

from mare_nameko.backoff import Backoff
from mare_nameko.bounded_logs import OutageLog
from mare_services.jobs.adapters.sqlite import Sqlite
from mare_services.jobs.job_store import JobStore
from mare_services.jobs.ports import Database
from mare_services.jobs.settings import StoreUri


def open_store(uri: StoreUri, max_open: int) -> JobStore:
    """Return when the store has its tables; raise SettingsError at once."""
    database = _database(uri)
    backoff, outage_log = Backoff(), OutageLog("the store of the jobs")
    while True:
        try:
            store: JobStore = tpool.execute(JobStore, database, max_open)
        except database.errors as error:
            outage_log.connection_failed(error)
            eventlet.sleep(backoff.next_delay())
        else:
            outage_log.connected()
            return store


def _database(uri: StoreUri) -> Database:
    if uri.sqlite_path is not None:
        return Sqlite(uri.sqlite_path)
    from mare_services.jobs.adapters.postgresql import PostgreSql  # noqa: PLC0415 - optional

    return PostgreSql(str(uri))
