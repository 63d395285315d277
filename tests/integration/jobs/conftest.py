"""The two stores of jobs: SQLite in a file, PostgreSQL on a private server."""

import pytest

from mare_services.jobs.batch_store import BatchStore
from tests.job_stores import postgresql_store, sqlite_store
from tests.postgresql import PostgreSqlServer


@pytest.fixture(scope="session")
def postgresql():
    with PostgreSqlServer() as server:
        yield server


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def open_store(request, tmp_path):
    """Return a function that opens the same store each time, as another process would."""
    if request.param == "SQLite":
        opened = [lambda: sqlite_store(tmp_path / "jobs.sqlite")]
    else:
        uri = request.getfixturevalue("postgresql").new_database()
        opened = [lambda: postgresql_store(uri)]
    stores = []

    def open_one():
        stores.append(opened[0]())
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def batches(store):
    return BatchStore(store)


@pytest.fixture
def store(open_store):
    return open_store()
