"""Reads the audit log of the API server, without requests of the control plane itself.

Tests take from it when a PATCH arrived, to the microsecond, and which calls a role needs.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

_CREDENTIAL = "authentication.kubernetes.io/credential-id"
_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "omitManagedFields": True,
    "rules": [
        {"level": "None", "users": ["system:apiserver", "system:kube-controller-manager"]},
        {"level": "None", "userGroups": ["system:serviceaccounts:kube-system"]},
        {"level": "None", "nonResourceURLs": ["*"]},
        {"level": "Metadata", "verbs": ["get", "list", "watch"]},
        {"level": "Request"},
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to a resource: answered, or for a watch, begun."""

    time: datetime
    """When it arrived."""
    user: str
    verb: str
    resource: str
    """Plural, with the subresource: ``deployments/scale``."""
    namespace: str
    name: str
    code: int
    """HTTP status of the answer."""
    body: Any
    """What was sent; None for get, list and watch."""
    seconds: float = 0.0
    """Until the answer; of a watch, until its end."""
    credential: str = ""
    """Identifies the token of a ServiceAccount: each process of a test has its own."""


def write_policy(file: Path) -> Path:
    file.write_text(yaml.safe_dump(_POLICY))
    return file


class AuditLog:
    """The log of one API server; only what was added is parsed when it is read again."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read_bytes = 0
        self._requests: dict[str, Request] = {}

    def requests(self) -> list[Request]:
        """Return all requests so far, by their time."""
        with self._file.open("rb") as log:
            log.seek(self._read_bytes)
            complete, newline, _ = log.read().rpartition(b"\n")
        self._read_bytes += len(complete + newline)
        for entry in map(json.loads, complete.splitlines()):
            self._requests[entry["auditID"]] = _request(entry)  # of a watch: begun, then ended
        return sorted(self._requests.values(), key=lambda request: request.time)


def _request(entry: dict[str, Any]) -> Request:
    target = entry["objectRef"]
    time = datetime.fromisoformat(entry["requestReceivedTimestamp"])
    return Request(
        time=time,
        user=entry["user"].get("username", ""),  # absent if authentication failed
        verb=entry["verb"],
        resource="/".join(filter(None, [target["resource"], target.get("subresource")])),
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        code=entry["responseStatus"]["code"],
        body=entry.get("requestObject"),
        seconds=(datetime.fromisoformat(entry["stageTimestamp"]) - time).total_seconds(),
        credential="".join(entry["user"].get("extra", {}).get(_CREDENTIAL, ())),
    )
