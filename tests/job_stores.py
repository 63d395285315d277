"""Stores of jobs for the tests, migrated in this process."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from mare_services.jobs.adapters.postgresql import PostgreSql
from mare_services.jobs.adapters.sqlite import Sqlite
from mare_services.jobs.job_store import JobStore
from mare_services.jobs.migrations import CONTRACTED
from mare_services.jobs.migrations.upgrade import upgrade
from mare_services.jobs.ports import StoredEvent
from mare_services.jobs.settings import StoreUri


def sqlite_store(path: Path) -> JobStore:
    """Open a store in a file, which is created if it does not exist."""
    create_sqlite(path)
    return JobStore(Sqlite(path), compact=True)


def create_sqlite(path: Path) -> None:
    """Create a store, which spares a process that opens it a second of processor time."""
    if not path.exists():
        path.write_bytes(_empty_sqlite())


def postgresql_store(uri: str) -> JobStore:
    """Open a store in a database, which may be empty."""
    upgrade(StoreUri(uri), CONTRACTED)
    return JobStore(PostgreSql(uri), compact=True)


def outbox(store: JobStore) -> Sequence[StoredEvent]:
    """Return the events that are not known to be published, claimed or not."""
    with store.database.transaction(writes=False) as transaction:
        rows = transaction.execute(
            "SELECT message_id, type, data, context FROM outbox ORDER BY message_id"
        )
    return [
        StoredEvent(
            message_id=message_id, type=kind, body=body, context=context and json.loads(context)
        )
        for message_id, kind, body, context in rows
    ]


def types(store: JobStore) -> list[str]:
    return [event.type for event in outbox(store)]


def data(event: StoredEvent) -> Any:
    return json.loads(event.body)


@cache
def _empty_sqlite() -> bytes:
    path = Path(mkdtemp(prefix="mare-jobs-")) / "empty.db"
    upgrade(StoreUri(f"sqlite://{path}"), CONTRACTED)
    content = path.read_bytes()
    path.unlink()
    path.parent.rmdir()
    return content
