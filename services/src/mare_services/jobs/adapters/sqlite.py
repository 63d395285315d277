"""SQLite for one machine: WAL, each commit synced to disk."""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from eventlet import patcher

BUSY_SECONDS = 10.0


class Sqlite:
    """`Database` with a connection for each thread, in a file that processes may share."""

    lock_row = skip_locked = ""
    delivered_at = "json_extract(document, '$.at')"
    errors: tuple[type[Exception], ...] = (sqlite3.Error, OSError)
    outages: tuple[type[Exception], ...] = (sqlite3.OperationalError, OSError)

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._turn = patcher.original("threading").Lock()  # eventlet's does not span native threads
        self._all: list[sqlite3.Connection] = []

    @contextmanager
    def transaction(self, *, writes: bool = True) -> Iterator["_Transaction"]:
        with self._turn_to_write() if writes else nullcontext():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
            try:
                yield _Transaction(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # some errors roll back by themselves
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _turn_to_write(self) -> Iterator[None]:
        """Let one thread of the process write.

        SQLite's own lock is polled, with ever longer pauses: of 40 threads in four processes, some
        waited for more than 10 s.
        """
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise sqlite3.OperationalError("database is locked")
        try:
            yield
        finally:
            self._turn.release()

    def time(self) -> float:
        return time.time()

    def has_table(self, name: str) -> bool:
        with self.transaction(writes=False) as transaction:
            return bool(transaction.execute("SELECT 1 FROM sqlite_master WHERE name = %s", (name,)))

    def close(self) -> None:
        for connection in self._all:
            connection.close()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._local.connection = connection
            self._all.append(connection)
        return connection


class _Transaction:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Sequence[tuple[Any, ...]]:
        return self._connection.execute(statement.replace("%s", "?"), values).fetchall()
