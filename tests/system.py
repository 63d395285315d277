"""The services and the gateway as processes on a virtual host of the tests' broker."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from mare.processes.tcp_ports import free_port
from tests.job_stores import create_sqlite
from tests.vhost import eventually

SERVICES = ("weather", "music", "playlists", "jobs")
PATIENT = {"GATEWAY_TIMEOUT": "60", "RUNTIME_CALL_SECONDS": "50"}
"""Settings with which a part that a busy machine holds up still answers."""
_MODULES = {"gateway": ["mare_gateway"], "events": ["mare_gateway.events"]}


class RunningSystem:
    """Ask it over HTTP, kill and start its parts; use :func:`running_system`."""

    def __init__(self, amqp_uri: str, folder: Path, environ: dict[str, str]) -> None:
        port, health_port, events_port = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.events_url = f"http://127.0.0.1:{events_port}"
        self._health_url = f"http://127.0.0.1:{health_port}"
        self._folder = folder
        self._environ = (
            os.environ
            | {
                "AMQP_URI": amqp_uri,
                "RUNTIME_HEALTH_PORT": "0",
                "RUNTIME_SHUTDOWN_SECONDS": "10",
                "GATEWAY_PORT": str(port),
                "GATEWAY_HEALTH_PORT": str(health_port),
                "EVENTS_PORT": str(events_port),
                "EVENTS_HEALTH_PORT": "0",
                "GATEWAY_CACHE_BYTES": "0",
                "WEATHER_SOURCES": "none",
                "WEATHER_GEOCODER": "embedded",
                "MUSIC_SOURCES": "none",
                "JOBS_STORE": f"sqlite://{folder}/jobs.db",
            }
            | environ
        )
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        create_sqlite(folder / "jobs.db")

    def start(self, *parts: str, python: str | Path = sys.executable) -> None:
        """Start parts that do not run; ``playlists-2`` is another copy of ``playlists``."""
        for part in parts:
            arguments = _MODULES.get(part, ["mare_nameko.service", "run", _service(part)])
            with (self._folder / f"{part}.log").open("ab") as log:
                self._processes[part] = subprocess.Popen(
                    [python, "-m", *arguments],
                    env=self._environ,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )

    def pids(self) -> dict[str, int]:
        return {part: process.pid for part, process in self._processes.items()}

    def end(self, part: str, number: signal.Signals) -> int:
        """Send a signal to one part and return its exit code."""
        process = self._processes[part]
        process.send_signal(number)
        return process.wait(60)

    def stop(self, part: str, seconds: float) -> None:
        """Send SIGSTOP to one part, and SIGCONT after so many seconds."""
        process = self._processes[part]
        process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        process.send_signal(signal.SIGCONT)

    def log(self, part: str) -> str:
        return (self._folder / f"{part}.log").read_text(errors="replace")

    def get(self, path: str, seconds: float = 90.0, **params: object) -> requests.Response:
        # Of a closed connection the gateway's next process knows nothing: none is kept.
        return requests.get(
            self.url + path, params=params, timeout=seconds, headers={"Connection": "close"}
        )

    def probe(self, path: str) -> int:
        """Return the status of the gateway's /livez or /readyz."""
        return requests.get(self._health_url + path, timeout=90).status_code

    def await_answers(self, seconds: float = 120.0) -> None:
        """Return when a question that passes through every part is answered."""
        eventually(self._answers, seconds)

    def _answers(self) -> bool:
        try:
            return self.get("/v1/playlists", lat=0, lon=0, limit=1).status_code == 200
        except requests.RequestException:
            return False

    def close(self) -> None:
        for process in self._processes.values():
            process.kill()
        for part, process in self._processes.items():
            process.wait()
            if "PYTEST_CURRENT_TEST" in os.environ:  # pytest shows the output of tests that fail
                print(f"{part}: {process.returncode}", *self.log(part).splitlines()[-20:], sep="\n")  # noqa: T201


def _service(part: str) -> str:
    return part.partition("-")[0]


@contextmanager
def running_system(amqp_uri: str, folder: Path, **environ: str) -> Iterator[RunningSystem]:
    """Run everything with embedded sources, unless ``environ`` says otherwise."""
    system = RunningSystem(amqp_uri, folder, environ)
    try:
        system.start(*SERVICES, "gateway")
        system.await_answers()
        yield system
    finally:
        system.close()
