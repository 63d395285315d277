"""Reads the audit log of the API server, without requests of the control plane itself.

Tests take from it when a PATCH arrived, to the microsecond, and which calls a role needs.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

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


def write_policy(file: Path) -> Path:
    file.write_text(yaml.safe_dump(_POLICY))
    return file


def read_requests(log: Path) -> list[Request]:
    complete = log.read_text().rpartition("\n")[0]
    entries = (json.loads(line) for line in complete.splitlines())
    last = {
        entry["auditID"]: entry for entry in entries
    }  # a watch has two entries: begun and ended
    return sorted(map(_request, last.values()), key=lambda request: request.time)


def _request(entry: dict[str, Any]) -> Request:
    target = entry["objectRef"]
    return Request(
        time=datetime.fromisoformat(entry["requestReceivedTimestamp"]),
        user=entry["user"].get("username", ""),  # absent if authentication failed
        verb=entry["verb"],
        resource="/".join(filter(None, [target["resource"], target.get("subresource")])),
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        code=entry["responseStatus"]["code"],
        body=entry.get("requestObject"),
    )
