"""A private RabbitMQ node with ports, name and data of its own. Nothing is left at the end."""

import contextlib
import fcntl
import secrets
import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import amqp

from local.rabbitmq.config import Ports, make_folders
from local.rabbitmq.management import Management
from local.rabbitmq.server import Program, Server
from mare_nameko.topology import definitions

_PREFIX = "mare-rabbitmq-"
_USER = "mare"
_BOOT_SECONDS = 90.0
_STOP_SECONDS = 30.0
_CLAIM_SECONDS = 60.0
"""A younger folder may belong to a node that has not locked it yet."""


class BrokerFailed(Exception):
    """Raised when the server does not start; the text contains its last lines."""


class Node:
    """A node that can be started, stopped and killed any number of times on the same data.

    Use it as a context manager, or call :meth:`close` at the end.
    """

    def __init__(self, program: Program) -> None:
        self.ports = Ports()
        self._password = secrets.token_urlsafe(24)
        _remove_abandoned(program)
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self.name = self._folder.name
        self._claim = _claim(self._folder)
        make_folders(
            self._folder,
            self.ports,
            program.places(self._folder),
            definitions(users={_USER: self._password}),
        )
        self._server: Server = program.server(self.name, self._folder, self.ports)
        self.management = Management(self.management_uri)

    @property
    def amqp_uri(self) -> str:
        """URI of the virtual host ``/``, with the password."""
        return self.vhost_uri("/")

    def vhost_uri(self, vhost: str) -> str:
        path = "%2F" if vhost == "/" else vhost
        return f"amqp://{_USER}:{self._password}@127.0.0.1:{self.ports.amqp}/{path}"

    def connect(self, vhost: str = "/", port: int | None = None) -> amqp.Connection:
        """Return an open connection; ``port`` is that of a proxy, if there is one."""
        connection = amqp.Connection(
            f"127.0.0.1:{port or self.ports.amqp}",
            userid=_USER,
            password=self._password,
            virtual_host=vhost,
            connect_timeout=10,
        )
        connection.connect()
        return connection

    @property
    def management_uri(self) -> str:
        """URI of the management API, with the password."""
        return f"http://{_USER}:{self._password}@127.0.0.1:{self.ports.management}"

    @property
    def version(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.management.version().split("."))

    def start(self) -> None:
        """Start the server; return when clients can connect, or raise :class:`BrokerFailed`."""
        self._server.start()
        deadline = time.monotonic() + _BOOT_SECONDS
        while not self.management.listens(self.ports.amqp):
            if not self._server.alive() or time.monotonic() > deadline:
                raise BrokerFailed(f"RabbitMQ did not start. Its last lines:\n{self._server.log()}")
            time.sleep(0.05)

    def alive(self) -> bool:
        """Return whether the server process runs."""
        return self._server.alive()

    def stop(self) -> None:
        """Stop the server gracefully; kill it after 30 s."""
        self._server.terminate()
        if not self._server.wait(_STOP_SECONDS):
            self.kill()

    def settle(self) -> None:
        """Wait until the existing quorum queues survive a crash.

        RabbitMQ saves their names every 500 ms (``auto_save`` in ra_directory.erl). A queue that is
        declared just before a crash never responds again. A busy machine may need 2 s more.
        """
        time.sleep(3)

    def kill(self) -> None:
        """Kill the server like a crash; see :meth:`settle`."""
        self._server.kill()
        self._server.wait(_STOP_SECONDS)

    def log(self) -> str:
        """Return the last lines of the server's output."""
        return self._server.log()

    def close(self) -> None:
        """Kill the server and remove its data."""
        self.kill()
        self._server.remove()
        self.management.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._claim.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _claim(folder: Path) -> IO[bytes]:
    """Lock ``folder`` until this process ends; raises BlockingIOError if it is locked."""
    claim = (folder / "claim").open("wb")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        claim.close()
        raise
    return claim


def _remove_abandoned(program: Program) -> None:
    """Remove the folders of runs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _CLAIM_SECONDS:
                _remove(folder, program)


def _remove(folder: Path, program: Program) -> None:
    with _claim(folder):
        program.server(folder.name, folder, Ports()).remove()
        shutil.rmtree(folder, ignore_errors=True)
