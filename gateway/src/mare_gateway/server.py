"""gunicorn around the application: one process, many threads."""

from pathlib import Path

from flask import Flask
from gunicorn.app.base import BaseApplication

from mare_gateway import logs
from mare_gateway.app import create_app
from mare_gateway.settings import Settings
from mare_gateway.worker import Worker
from mare_nameko.client import RpcClient

_KEEP_ALIVE = 75
"""Seconds: longer than the 60 that proxies keep idle connections, so that they close first."""


class Server(BaseApplication):
    """Serves one application made from ``settings``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rpc = RpcClient(settings.rpc_options())
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": [_address(self._settings.host, port) for port in self._ports()],
            "workers": 1,
            "threads": self._settings.threads,
            "worker_class": Worker,
            "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108
            "graceful_timeout": int(self._settings.graceful_timeout),
            "keepalive": _KEEP_ALIVE,
            "limit_request_line": 8190,
            "logconfig_dict": logs.config(self._settings.log_level),
            "control_socket_disable": True,
            "proc_name": "gateway",
            # in the worker: threads and connections do not survive the fork
            "post_worker_init": lambda _worker: self._rpc.start(),
            "worker_exit": lambda _server, _worker: self._rpc.close(),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    @property
    def longest_request(self) -> float:
        """Seconds that the application may work on one request."""
        return self._settings.timeout

    def _ports(self) -> list[int]:
        return [port for port in (self._settings.port, self._settings.health_port) if port]

    def load(self) -> Flask:
        return create_app(self._settings, self._rpc)


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
