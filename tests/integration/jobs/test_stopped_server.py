"""A PostgreSQL whose processes are stopped: its host acknowledges what is sent to it."""

from contextlib import contextmanager

import psycopg
import pytest

from mare_services.jobs.adapters import postgresql as adapter
from tests.job_stores import postgresql_store


@pytest.fixture
def store(postgresql):
    store = postgresql_store(postgresql.new_database())
    yield store
    store.close()


@pytest.fixture
def stopped(postgresql, monkeypatch):
    """Return a context in which the server is stopped, and the limits are short."""

    @contextmanager
    def stop():
        with postgresql.stopped(), monkeypatch.context() as patch:
            patch.setattr(adapter, "ANSWER_SECONDS", 0.5)
            patch.setattr(adapter, "CONNECT_SECONDS", 2)
            yield

    return stop


def test_a_transaction_fails_when_the_server_stops(store, stopped):
    with (
        pytest.raises(psycopg.OperationalError, match="timeout"),
        store.database.transaction() as transaction,
        stopped(),
    ):
        transaction.execute("SELECT 1")

    assert store.get("1") is None


def test_a_call_fails_while_the_server_is_stopped(store, stopped):
    assert store.get("1") is None
    with stopped():
        for _ in ("the connection that was open", "a new one"):
            with pytest.raises(psycopg.OperationalError, match="timeout"):
                store.get("1")

    assert store.get("1") is None
