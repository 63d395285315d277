"""Opens the store of the jobs, which may start after the service or be repaired meanwhile."""

from dataclasses import dataclass
from logging import getLogger

import eventlet
from eventlet import tpool

from mare_nameko.backoff import Backoff
from mare_services.jobs.adapters.sqlite import Sqlite
from mare_services.jobs.batch_store import BatchStore
from mare_services.jobs.delivery_log import DeliveryLog
from mare_services.jobs.job_store import JobStore
from mare_services.jobs.ports import Database
from mare_services.jobs.settings import StoreUri

_log = getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stores:
    jobs: JobStore
    batches: BatchStore
    deliveries: DeliveryLog
    errors: tuple[type[Exception], ...]
    """What their methods raise if the database cannot be reached or used."""


def open_stores(uri: StoreUri, max_open: int) -> Stores:
    """Return when the store has its tables; log each new failure, raise SettingsError at once."""
    database = _database(uri)
    backoff = Backoff()
    reported = ""
    while True:
        try:
            stores: Stores = tpool.execute(_create_tables, database, max_open)
        except database.errors as error:
            if (cause := cause_of(error)) != reported:
                _log.warning("Waiting for the store of the jobs: %s", cause)
                reported = cause
            eventlet.sleep(backoff.next_delay())
        else:
            if reported:
                _log.info("Reached the store of the jobs")
            return stores


def cause_of(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


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
