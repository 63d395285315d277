"""What the job store has, read in the network of its own Pod: policies of the cluster stay."""

from base64 import b64decode
from typing import Any

import psycopg

from tests.e2e.application import Application
from tests.load.chaos.processes import first_processes, network_of

TABLES = ("jobs", "outbox")
"""Not `deliveries`: a row for each attempt of a callback, kept for a day, rises with the faults."""


def query(application: Application, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a statement; raise OSError or psycopg.Error while the store is away."""
    name = f"{application.release}-postgresql"
    data = application.read("api/v1", f"secrets/{name}")["data"]
    uri = b64decode(data["uri"]).decode()
    found = first_processes(application, f"{name}-0")
    if not found:
        raise OSError(f"{name}-0 does not run")
    with network_of(found[0]), psycopg.connect(uri, hostaddr="127.0.0.1") as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def rows(application: Application) -> dict[str, int]:
    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
    return dict(zip(TABLES, query(application, f"SELECT {counts}")[0], strict=True))
