"""A private PostgreSQL server on a Unix socket, for the tests."""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from local.packages import apt_install, disable_at_boot
from mare.processes.command import DIES_WITH_US, spawn
from mare.processes.tcp_ports import free_port
from tests.proc import children
from tests.vhost import eventually

_PROGRAMS = Path("/usr/lib/postgresql")


class PostgreSqlServer:
    """Runs as the user ``postgres``, because the server refuses to run as root."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._port = free_port()
        self._process = None

    def __enter__(self):
        self._programs = programs()
        self._user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        # Not below pytest's folder, which only its owner may enter.
        self._temporary = tempfile.TemporaryDirectory(
            prefix="postgresql-", ignore_cleanup_errors=True
        )
        self._folder = Path(self._temporary.name)
        self._folder.chmod(0o711)
        data = self._folder / "data"
        data.mkdir()
        if self._user:
            os.chown(data, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "--auth=trust", "--username=mare", "--no-sync", f"--pgdata={data}")
        rules = data / "pg_hba.conf"
        rules.write_text(f"host all guarded all scram-sha-256\n{rules.read_text()}")
        self.start()
        return self

    def start(self) -> None:
        data = self._folder / "data"
        command = [
            *self._as_user(),
            *DIES_WITH_US,  # again: a change of the user clears the signal
            str(self._programs / "postgres"),
            *("-D", str(data), "-p", str(self._port), "-h", "127.0.0.1"),
            *("-c", "unix_socket_directories="),
        ]
        with (self._folder / "log").open("ab") as log:
            self._process = spawn(command, environment={"PATH": os.defpath}, output=log)
        eventually(self._answers)

    def kill(self) -> None:
        """End the server and its children with SIGKILL."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    @contextlib.contextmanager
    def stopped(self):
        """Stop the server and its children for a while; its host still acknowledges packets."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        pid = int((self._folder / "data/postmaster.pid").read_text().splitlines()[0])
        for each in (pid, *children(pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, number)

    def new_database(self) -> str:
        """Return the URI of an empty database."""
        name = f"jobs{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.uri(name)

    def uri(self, database: str, user: str = "mare") -> str:
        return f"postgresql://{user}@127.0.0.1:{self._port}/{database}"

    def execute(self, statement: str) -> None:
        """Run a statement as the superuser ``mare``."""
        self._run("psql", f"--dbname={self.uri('postgres')}", "--quiet", f"--command={statement}")

    def __exit__(self, *_) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # SIGTERM would wait for open connections
            self._process.wait(60)
        self._temporary.cleanup()

    def _answers(self) -> bool:
        ready = [self._programs / "pg_isready", "--host=127.0.0.1", f"--port={self._port}"]
        return subprocess.run(ready, capture_output=True, check=False).returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user(), str(self._programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=60, cwd="/")

    def _as_user(self) -> list[str]:
        if self._user is None:
            return []
        user, group = self._user.pw_uid, self._user.pw_gid
        return ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]


def programs() -> Path:
    """Return the folder of the newest PostgreSQL; install one if there is none."""
    if not any(_PROGRAMS.glob("*/bin/postgres")):
        if shutil.which("apt-get") is None or os.geteuid() != 0:
            raise RuntimeError("The tests need PostgreSQL: install the package postgresql.")
        apt_install(["postgresql"], print)
        disable_at_boot("postgresql")
    return max(_PROGRAMS.glob("*/bin"))
