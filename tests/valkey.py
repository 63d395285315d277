"""A real Valkey, or a Redis, which is the same to all that is tested here."""

import shutil
import socket
from pathlib import Path

from local.packages import apt_install
from mare.processes.daemon import Daemon
from mare.processes.tcp_ports import free_port


class Valkey:
    """A server on 127.0.0.1 that keeps nothing; it can be started again after its end."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.uri = f"redis://127.0.0.1:{self.port}/0"
        settings = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", ""]
        self._server = Daemon([_program(), *settings], folder / "valkey.log")

    def start(self) -> None:
        self._server.start(self._answers, 60)

    def kill(self) -> None:
        self._server.kill()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _program() -> str:
    names = ("valkey-server", "redis-server")
    if not any(map(shutil.which, names)):
        apt_install(["redis-server"], print)
    return next(found for found in map(shutil.which, names) if found)
