"""Opens the store of the jobs, which may start after the service or be repaired meanwhile."""

from dataclasses import dataclass

import eventlet
from eventlet import tpool

from mare_nameko.backoff import Backoff
from mare_nameko.outage_log import OutageLog
from mare_services.jobs.adapters.sqlite import Sqlite
from mare_services.jobs.batch_store import BatchStore
from mare_services.jobs.delivery_log import DeliveryLog
from mare_services.jobs.job_store import JobStore
from mare_services.jobs.ports import Database
from mare_services.jobs.settings import StoreUri


@dataclass(frozen=True, slots=True)
class Stores:
    jobs: JobStore
    batches: BatchStore
    deliveries: DeliveryLog
    errors: tuple[type[Exception], ...]
    """What their methods raise if the database cannot be reached or used."""


def open_stores(uri: StoreUri, max_open: int) -> Stores:
    """Return when the store has its tables; raise SettingsError at once."""
    database = _database(uri)
    backoff, outage_log = Backoff(), OutageLog("the store of the jobs")
    while True:
        try:
            stores: Stores = tpool.execute(_create_tables, database, max_open)
        except database.errors as error:
            outage_log.connection_failed(error)
            eventlet.sleep(backoff.next_delay())
        else:
            outage_log.connected()
            return stores


def _create_tables(database: Database, max_open: int) -> Stores:
    return Stores(
        JobStore(database, max_open),
        BatchStore(database, max_open),
        DeliveryLog(database),
        database.errors,
    )


def _database(uri: StoreUri) -> Database:
    if uri.sqlite_path is not None:
        return Sqlite(uri.sqlite_path)
    from mare_services.jobs.adapters.postgresql import PostgreSql  # noqa: PLC0415 - optional

    return PostgreSql(str(uri))
