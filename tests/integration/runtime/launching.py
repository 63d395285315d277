"""Services under test as processes of their own, on the runtime or on stock Nameko."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Literal

from tests.vhost import eventually

Flavour = Literal["runtime", "stock"]

_COMMANDS = {
    "runtime": ("mare_nameko.service", "run"),
    "stock": ("tests.integration.runtime.stock",),
}
_ROOT = Path(__file__).parents[3]
_ADDRESS = re.compile(r"Serving health and metrics at (http://[^\s\"]+)")


class Launched:
    """A running service: its log, its health port, what its handlers wrote down."""

    def __init__(
        self, flavour: Flavour, service: str, uri: str, folder: Path, **environ: str
    ) -> None:
        path = service if ":" in service else f"tests.integration.runtime.subjects:{service}"
        self._log = folder / f"{flavour}-{service}-{time.monotonic_ns()}.log"
        self.diary = folder / f"diary-{flavour}"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *_COMMANDS[flavour], path],
                cwd=_ROOT,
                stderr=log,
                stdout=log,
                env=os.environ | {
                    "AMQP_URI": uri,
                    "RUNTIME_HEALTH_PORT": "0",
                    "RUNTIME_HEALTH_HOST": "127.0.0.1",
                    "RUNTIME_CALL_SECONDS": "50",
                    "RUNTIME_PUBLISH_SECONDS": "50",
                    "DIARY": str(self.diary),
                } | environ,
            )  # fmt: skip

    # The process

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        return self._process.poll()

    def wait(self, seconds: float) -> int:
        """Return the exit code; fail if it does not end within ``seconds``."""
        return self._process.wait(seconds)

    # What it says

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def lines(self) -> list[dict[str, Any]]:
        complete = self.log().rpartition("\n")[0]  # the last line may be half written
        return [json.loads(line) for line in complete.splitlines()]

    def end_holds(self) -> None:
        """Let the work of each `hold` of this flavour end."""
        Path(f"{self.diary}.end").touch()

    def entries(self) -> list[str]:
        """Return what the handlers of this flavour wrote into the diary."""
        return self.diary.read_text().splitlines() if self.diary.exists() else []

    # Its health port

    def _address(self) -> str:
        found = _ADDRESS.search(self.log())
        if found is None:
            raise ConnectionError("The health port is not open yet.")
        return found[1]

    @property
    def port(self) -> int:
        return int(self._address().rpartition(":")[2])

    def get(self, path: str, timeout: float = 30) -> tuple[int, str]:
        """Return status and body, or raise OSError."""
        try:
            return self._get(path, timeout)
        except ConnectionResetError:
            # The server closes a connection whose request it has not read within 5 s.
            return self._get(path, timeout)

    def _get(self, path: str, timeout: float) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self._address() + path, timeout=timeout) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()

    def is_ready(self) -> bool:
        assert self.exit_code() is None, self.log()
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def wait_ready(self) -> "Launched":
        eventually(self.is_ready)
        return self

    def metric(self, name: str, **labels: str) -> float:
        """Return the sum of all samples called ``name`` that have these labels."""
        total = 0.0
        for line in self.get("/metrics")[1].splitlines():
            has_labels = all(f'{label}="{value}"' in line for label, value in labels.items())
            if re.match(rf"{name}[{{ ]", line) and has_labels:
                total += float(line.rsplit(" ", 1)[1])
        return total
