"""PostgreSQL for a cluster: durable, transactional, shared by all replicas."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from mare_nameko.settings import SettingsError

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 10
ANSWER_SECONDS = STATEMENT_SECONDS + 2.0
"""Longest wait for an answer. A server that is stopped ends no statement, and its host still
acknowledges what is sent to it. With the next attempt to connect, a call fails within 17 s."""

_OPTIONS = (
    f"-c synchronous_commit=on -c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout=5s"
    " -c idle_in_transaction_session_timeout=15s"
)
"""A server whose default is ``synchronous_commit=off`` would lose accepted jobs in a crash."""
_DEAD_PEER: dict[str, int] = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A host that vanishes is noticed after 10 s. The kernel's defaults hold the thread for minutes."""


class _Connection(psycopg.Connection[tuple[Any, ...]]):
    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Run an exchange with the server; close the connection if it does not end in time."""
        try:
            return super().wait(gen, interval, timeout or ANSWER_SECONDS)
        except psycopg.OperationalError:
            if self.info.transaction_status is TransactionStatus.ACTIVE:
                self.close()
            raise


class PostgreSql:
    """Implements `Database` with one connection for each native thread.

    The locks of psycopg's pool would be eventlet's, which do not work across native threads.
    """

    lock_row = "FOR UPDATE"
    skip_locked = "FOR UPDATE SKIP LOCKED"
    delivered_at = "document::json ->> 'at'"
    errors: tuple[type[Exception], ...] = (psycopg.Error,)
    outages: tuple[type[Exception], ...] = (
        *(psycopg.OperationalError, psycopg.InterfaceError),
        psycopg.errors.ReadOnlySqlTransaction,  # of a server that a failover has made a standby
        psycopg.errors.IdleInTransactionSessionTimeout,  # of this process, stopped for 15 s
        *(psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege),  # during a restore
    )

    def __init__(self, uri: str) -> None:
        """Raise SettingsError for a malformed URI; libpq's own sentence would contain it."""
        try:
            conninfo_to_dict(uri)
        except psycopg.ProgrammingError:
            raise SettingsError("JOBS_STORE='***': it is not a URI of PostgreSQL.") from None
        self._uri = uri
        self._local = threading.local()
        self._all: set[_Connection] = set()

    @contextmanager
    def transaction(self, *, writes: bool = True) -> Iterator["_Transaction"]:  # noqa: ARG002
        connection = self._connection()
        try:
            with connection.transaction(), connection.cursor() as cursor:
                yield _Transaction(cursor)
        except psycopg.errors.ReadOnlySqlTransaction:
            connection.close()  # a new one leads to the server that the name has by then
            raise

    def time(self) -> float:
        with self.transaction(writes=False) as transaction:
            ((now,),) = transaction.execute("SELECT extract(epoch FROM clock_timestamp())")
        return float(now)

    def has_table(self, name: str) -> bool:
        with self.transaction(writes=False) as transaction:
            ((found,),) = transaction.execute("SELECT to_regclass(%s) IS NOT NULL", (name,))
        return bool(found)

    def close(self) -> None:
        for connection in self._all:
            connection.close()

    def _connection(self) -> _Connection:
        connection: _Connection | None
        connection = getattr(self._local, "connection", None)
        if connection is None or not _is_alive(connection):
            if connection is not None:
                connection.close()
                self._all.discard(connection)  # the last attempt to connect may have failed
            connection = _Connection.connect(
                self._uri,
                autocommit=True,
                options=_OPTIONS,
                connect_timeout=CONNECT_SECONDS,
                **_DEAD_PEER,  # type: ignore[arg-type]  # psycopg passes them to libpq
            )
            self._local.connection = connection
            self._all.add(connection)
        return connection


class _Transaction:
    def __init__(self, cursor: "psycopg.Cursor[tuple[Any, ...]]") -> None:
        self._cursor = cursor

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Sequence[tuple[Any, ...]]:
        self._cursor.execute(statement, values)
        return self._cursor.fetchall() if self._cursor.description else []


def _is_alive(connection: _Connection) -> bool:
    """Return whether the server still answers; a restart of it closes all connections."""
    if connection.closed:
        return False
    try:
        connection.execute("")
    except psycopg.OperationalError:
        return False
    return True
