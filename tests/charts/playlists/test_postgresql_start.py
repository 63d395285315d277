"""The script that starts PostgreSQL, with a real PostgreSQL."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from mare.processes.tcp_ports import free_port
from tests.charts.playlists.conftest import CHART
from tests.postgresql import programs
from tests.proc import children
from tests.vhost import eventually

AS_IN_A_CONTAINER = """
file=$PGDATA/postmaster.pid
if [ -e "$file" ]; then sed -i "1s/.*/$$/" "$file"; fi
"""
"""The process has the same PID at each start."""


@pytest.fixture
def folder():
    """A folder that the user postgres may use."""
    folder = Path(tempfile.mkdtemp(prefix="postgresql-start-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start(folder):
    """Start the server with a password; return a function that connects with one."""
    running = []
    port = free_port()
    script = (CHART / "files/postgresql.sh").read_text()
    policies = folder / "pg_hba.conf"
    policies.write_text("host mare mare all scram-sha-256")
    policies.chmod(0o644)
    script = script.replace("/etc/postgresql-files", str(folder))
    script = AS_IN_A_CONTAINER + script

    def connect(password):
        uri = f"host=127.0.0.1 port={port} user=mare dbname=mare"
        return psycopg.connect(uri, password=password, autocommit=True)

    def start(password, after=signal.SIGINT):
        for server in running:
            _stop(server, after)
        running[:] = [
            subprocess.Popen(
                [*_as_postgres(), "sh", "-c", script, "start.sh", "-c", f"port={port}"],
                env={
                    "PATH": f"{programs()}:{os.defpath}",
                    "PGDATA": str(folder / "data"),
                    "PASSWORD": password,
                },
                cwd=folder,
                stderr=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        ]
        eventually(lambda: _answers(connect, password), 60)
        return connect

    yield start
    for server in running:
        server.send_signal(2)
        server.wait(60)


def _stop(server, signal_number):
    started = children(server.pid)
    server.send_signal(signal_number)
    server.wait(60)
    eventually(lambda: not any(Path(f"/proc/{each}").exists() for each in started))


def _as_postgres():
    if os.geteuid():
        return []
    user = pwd.getpwnam("postgres")
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _answers(connect, password):
    try:
        connect(password).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_changed_password_is_applied_at_the_next_start_and_data_stay(start):
    with start("it's one")("it's one") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS number")

    connect = start("two")

    with connect("two") as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect("it's one")


def test_an_interrupted_first_start_is_begun_again(start, folder):
    (folder / "data.new").mkdir()
    (folder / "data.new/PG_VERSION").write_text("17")
    if os.geteuid() == 0:
        shutil.chown(folder / "data.new", "postgres", "postgres")

    with start("one")("one") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("mare",)


def test_a_server_that_was_killed_starts_again(start):
    start("one")

    with start("one", after=signal.SIGKILL)("one") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("mare",)
