"""What the job store has, read in the network of its own Pod: policies of the cluster stay."""

import json
import sys
from base64 import b64decode

from mare.processes.command import run
from tests.e2e.application import Application
from tests.load.chaos.processes import first_processes

_SCRIPT = """
import json, sys, psycopg
with psycopg.connect(sys.argv[1], connect_timeout=5) as connection:
    print(json.dumps([list(row) for row in connection.execute(sys.argv[2]).fetchall()]))
"""
TABLES = ("jobs", "outbox", "deliveries")


def query(application: Application, sql: str) -> list[list]:
    """Return the rows of a query; raise CommandFailed while the store is away."""
    name = f"{application.release}-postgresql"
    data = application.read("api/v1", f"secrets/{name}")["data"]
    uri = b64decode(data["uri"]).decode()
    user, _, rest = uri.rpartition("@")
    local = f"{user}@127.0.0.1{rest[len(rest.split('/')[0].split(':')[0]) :]}"
    pid = first_processes(application, f"{name}-0")[0]
    command = ["nsenter", f"--target={pid}", "--net", "--", sys.executable, "-c", _SCRIPT]
    rows: list[list] = json.loads(run([*command, local, sql], seconds=60))
    return rows


def rows(application: Application) -> dict[str, int]:
    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
    return dict(zip(TABLES, query(application, f"SELECT {counts}")[0], strict=True))
