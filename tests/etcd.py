"""Compacts an etcd that listens on a Unix socket, over its JSON gateway."""

import http.client
import json
import socket
from pathlib import Path
from typing import Any

_SECONDS = 60.0
_ANY_KEY = "AA=="


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def compact(path: Path) -> int:
    """Discard the history up to now, and return the newest revision: only it can be watched."""
    found = _post(path, "range", {"key": _ANY_KEY, "limit": "1"})
    revision = int(found["header"]["revision"])
    _post(path, "compaction", {"revision": str(revision), "physical": True})
    return revision


def _post(path: Path, action: str, body: dict[str, Any]) -> dict[str, Any]:
    connection = _Connection(path)
    try:
        connection.request("POST", f"/v3/kv/{action}", json.dumps(body))
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    assert answer.status == http.client.OK, text
    found: dict[str, Any] = json.loads(text)
    return found
