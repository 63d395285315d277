"""Brings a store to a version, one process at a time."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from mare_services.jobs.settings import StoreUri

_LOCK = 0x6D617265
"""Processes before the first migration create their tables under the same advisory lock."""
_WAIT_SECONDS = 60
"""How long another process may migrate."""
_TABLE_LOCK_SECONDS = 3
"""How long a migration waits for the lock of a table: all other statements wait behind it."""


def upgrade(uri: StoreUri, version: str) -> None:
    """Migrate a store. Raises an error of the driver or of SQLAlchemy if it cannot."""
    path = uri.sqlite_path
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    with _postgresql(str(uri)) if path is None else _sqlite(path) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)


@contextmanager
def _sqlite(path: Path) -> Iterator[Connection]:
    """Yield a connection in a transaction, which is the lock."""
    path.parent.mkdir(parents=True, exist_ok=True)

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        connection.commit()


@contextmanager
def _postgresql(uri: str) -> Iterator[Connection]:
    """Yield a connection while another one holds the lock, which the server ends with it."""
    import psycopg  # noqa: PLC0415 - optional

    wait = f"-c lock_timeout={_WAIT_SECONDS}s"
    with psycopg.connect(uri, autocommit=True, connect_timeout=5, options=wait) as locking:
        locking.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        options = f"-c lock_timeout={_TABLE_LOCK_SECONDS}s"
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: psycopg.connect(uri, connect_timeout=5, options=options),
            poolclass=NullPool,
        )
        with engine.connect() as connection:
            yield connection
