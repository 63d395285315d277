"""PostgreSQL for a cluster: durable, transactional, shared by all replicas."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import Cursor
from psycopg_pool import ConnectionPool

_CONNECTIONS = 8
_WAIT_SECONDS = 5.0


class PostgreSql:
    """Implements `Database` with a pool of connections.

    `synchronous_commit` is set on each connection, so that a server default of `off` loses nothing.
    """

    lock_row = "FOR UPDATE"

    def __init__(self, uri: str) -> None:
        self._pool = ConnectionPool(
            uri,
            min_size=1,
            max_size=_CONNECTIONS,
            timeout=_WAIT_SECONDS,
            kwargs={
                "options": "-c synchronous_commit=on -c statement_timeout=10000"
                " -c lock_timeout=5000 -c idle_in_transaction_session_timeout=15000",
                "connect_timeout": 5,
            },
            check=ConnectionPool.check_connection,
            open=True,
        )

    @contextmanager
    def transaction(self) -> Iterator["_Transaction"]:
        with self._pool.connection() as connection, connection.cursor() as cursor:
            yield _Transaction(cursor)

    def close(self) -> None:
        self._pool.close()


class _Transaction:
    def __init__(self, cursor: "Cursor[tuple[Any, ...]]") -> None:
        self._cursor = cursor

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Sequence[tuple[Any, ...]]:
        self._cursor.execute(statement, values)  # type: ignore[arg-type]  # no literal: built here
        return self._cursor.fetchall() if self._cursor.description else []
