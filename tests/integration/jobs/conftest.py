"""The two stores of jobs: SQLite in a file, PostgreSQL on a private server."""

import pytest

from mare_services.jobs.adapters.postgresql import PostgreSql
from mare_services.jobs.adapters.sqlite import Sqlite
from mare_services.jobs.batch_store import BatchStore
from mare_services.jobs.job_store import JobStore
from tests.postgresql import PostgreSqlServer


@pytest.fixture(scope="session")
def postgresql():
    with PostgreSqlServer() as server:
        yield server


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def open_store(request, tmp_path):
    """Return a function that opens the same store each time, as another process would."""
    if request.param == "SQLite":
        opened = [lambda: JobStore(Sqlite(tmp_path / "jobs.sqlite"))]
    else:
        uri = request.getfixturevalue("postgresql").new_database()
        opened = [lambda: JobStore(PostgreSql(uri))]
    stores = []

    def open_one():
        stores.append(opened[0]())
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def batches(store):
    return BatchStore(store.database)


@pytest.fixture
def store(open_store):
    return open_store()
