"""A private RabbitMQ node with ports, name and data of its own. Nothing is left at the end."""

import base64
import contextlib
import fcntl
import secrets
import shutil
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, Self

from mare.private_broker.config import Places, Ports, make_folders

_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_CHECK_SECONDS = 60.0
_PREFIX = "mare-rabbitmq-"
_USER = "mare"
_BOOT_SECONDS = 90.0
_CLAIM_SECONDS = 60.0
"""A younger folder may belong to a node that has not locked it yet."""


class Server(Protocol):
    """A RabbitMQ server that can be started and killed more than once."""

    @property
    def places(self) -> Places:
        """The paths of the node's folder as the server sees them."""

    def start(self) -> None:
        """Start the server, or raise OSError or `CommandFailed`."""

    def alive(self) -> bool: ...

    def kill(self) -> None:
        """Kill the server, and wait for its end."""

    def log(self) -> str:
        """Return the end of its output."""

    def remove(self) -> None:
        """Remove what the server created outside of the node's folder, such as a container."""


@dataclass(frozen=True, slots=True)
class Program:
    """A RabbitMQ that any number of nodes can run."""

    description: str
    server: Callable[[str, Path, Ports], Server]
    """Takes name, folder and ports of a node; returns a server that is not started."""


class BrokerFailed(Exception):
    """Raised when the server does not start; the text contains its last lines."""


class PrivateNode:
    """A node to start and kill on the same data, until the context or `close` ends it."""

    def __init__(self, program: Program, ports: Ports | None = None) -> None:
        self.ports = ports or Ports()
        self.password = secrets.token_urlsafe(24)
        _remove_abandoned(program)
        self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self.name = self._folder.name
        self._claim = _claim(self._folder)
        self._server = program.server(self.name, self._folder, self.ports)
        definitions = self.definitions(_USER, self.password)
        make_folders(self._folder, self.ports, self._server.places, definitions)

    def definitions(self, user: str, password: str) -> dict[str, Any]:
        """Return the RabbitMQ definitions of the node: one user who may do everything."""
        return {
            "users": [{"name": user, "password": password, "tags": ["administrator"]}],
            "vhosts": [{"name": "/"}],
            "permissions": [
                {"user": user, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}
            ],
        }

    @property
    def amqp_uri(self) -> str:
        """URI of the virtual host ``/``, with the password."""
        return self.vhost_uri("/")

    def vhost_uri(self, vhost: str) -> str:
        path = "%2F" if vhost == "/" else vhost
        return f"amqp://{_USER}:{self.password}@127.0.0.1:{self.ports.amqp}/{path}"

    @property
    def management_uri(self) -> str:
        return f"http://{_USER}:{self.password}@127.0.0.1:{self.ports.management}"

    def start(self) -> None:
        """Start the server; return when clients can connect, or raise :class:`BrokerFailed`."""
        self._server.start()
        deadline = time.monotonic() + _BOOT_SECONDS
        while not self.listens():
            if not self._server.alive() or time.monotonic() > deadline:
                raise BrokerFailed(f"RabbitMQ did not start. Its last lines:\n{self._server.log()}")
            time.sleep(0.05)

    def listens(self) -> bool:
        """Return whether the server accepts AMQP connections; False while it boots."""
        credentials = base64.b64encode(f"{_USER}:{self.password}".encode()).decode()
        check = f"health/checks/port-listener/{self.ports.amqp}"
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports.management}/api/{check}",
            headers={"Authorization": f"Basic {credentials}"},
        )
        try:
            with _NO_PROXY.open(request, timeout=_CHECK_SECONDS):
                return True
        except OSError:
            return False

    def alive(self) -> bool:
        return self._server.alive()

    def kill(self) -> None:
        self._server.kill()

    def log(self) -> str:
        return self._server.log()

    def close(self) -> None:
        """Kill the server and remove its data."""
        self.kill()
        self._server.remove()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._claim.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
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
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _CLAIM_SECONDS:
                _remove(folder, program)


def _remove(folder: Path, program: Program) -> None:
    with _claim(folder):
        program.server(folder.name, folder, Ports()).remove()
        shutil.rmtree(folder, ignore_errors=True)
