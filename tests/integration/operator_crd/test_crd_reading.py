"""What a person sees of a QueueAutoscaler with kubectl alone."""

import json
from pathlib import Path
from typing import Any

from kubernetes import client

from tests.control_plane import ControlPlane
from tests.integration.operator_crd.apiserver import GROUP, PLURAL, VERSION
from tests.integration.operator_crd.schema import Schema, fields_of
from tests.integration.operator_crd.specs import SMALLEST

_TIME = "2026-01-02T03:04:05Z"
_DECISION = {
    "time": _TIME,
    "from": 2,
    "raw": 7,
    "to": 6,
    "reason": "BacklogGrew",
    "message": "120 messages wait; 6 replicas work them off in 2 s.",
    "limitedBy": ["ScaleUpLimit"],
}
_STATUS: dict[str, Any] = {
    "observedGeneration": 1,
    "target": "wait 2s",
    "depth": 123,
    "wait": "1.4s",
    "currentReplicas": 2,
    "readyReplicas": 2,
    "desiredReplicas": 6,
    "lastScaleTime": _TIME,
    "lastActiveTime": _TIME,
    "queues": [
        {"vhost": "/", "name": "work", "ready": 120, "unacknowledged": 3, "publishRate": 60.5},
        {"vhost": "/", "name": "gone", "unknown": "QueueNotFound", "time": _TIME},
    ],
    "estimates": {"arrivalRate": 60.5, "capacityPerReplica": 12, "time": _TIME},
    "lastDecision": _DECISION,
    "decisions": [_DECISION],
    "conditions": [
        {
            "type": "Ready",
            "status": "True",
            "observedGeneration": 1,
            "lastTransitionTime": _TIME,
            "reason": "Scaling",
            "message": "The workload follows its queues.",
        }
    ],
}


def test_explain_describes_every_field_in_whole_sentences(
    api_server: ControlPlane, crd: Path, schema: Schema
) -> None:
    text = " ".join(api_server.kubectl("explain", "qa", "--recursive=false").split())
    assert "Scales a workload by the depth of its RabbitMQ queues." in text
    text = " ".join(api_server.kubectl("explain", "qa.spec.target").split())
    assert "Absent: QueueWaitTime with waitSeconds 2, which needs no tuning." in text
    assert "waitSeconds <number> QueueWaitTime: longest wait of a message in the queue" in text
    undescribed = [
        path
        for path, node in fields_of(schema, "qa")
        if path != "qa.metadata" and not path.endswith("[0]")
        if not node.get("description", "").endswith((".", '"'))
    ]
    assert undescribed == []


def test_kubectl_get_shows_depth_wait_bounds_replicas_and_reason(
    api_server: ControlPlane, crd: Path, namespace: str
) -> None:
    _create_with_status(api_server, namespace)
    header, row = api_server.kubectl("get", "qa", f"--namespace={namespace}").splitlines()
    values = "orders wait 2s 123 1.4s 0 10 6 True BacklogGrew"
    columns = "NAME TARGET DEPTH WAIT MIN MAX REPLICAS READY REASON AGE"
    assert header.split() == columns.split()
    assert row.split()[:-1] == values.split()
    wide = api_server.kubectl("get", "qa", f"--namespace={namespace}", "--output=wide")
    assert _DECISION["message"] in wide


def test_status_takes_all_that_the_operator_reports_and_never_changes_the_spec(
    api_server: ControlPlane, crd: Path, namespace: str
) -> None:
    before, after = _create_with_status(api_server, namespace)
    assert after["status"] == _STATUS
    assert after["spec"] == before["spec"]
    assert after["metadata"]["generation"] == before["metadata"]["generation"]


def test_a_change_of_the_spec_does_not_change_the_status(
    api_server: ControlPlane, crd: Path, namespace: str
) -> None:
    _create_with_status(api_server, namespace)
    with api_server.client() as api:
        after = client.CustomObjectsApi(api).patch_namespaced_custom_object(
            *(GROUP, VERSION, namespace, PLURAL, "orders"),
            {"spec": {"maxReplicas": 20}, "status": {"depth": 0}},
        )
    assert after["spec"]["maxReplicas"] == 20
    assert after["status"] == _STATUS
    assert after["metadata"]["generation"] == 2


def _create_with_status(api_server: ControlPlane, namespace: str) -> tuple[Any, Any]:
    """Return the object before and after its status was written."""
    manifest = {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "QueueAutoscaler",
        "metadata": {"name": "orders"},
        "spec": SMALLEST,
    }
    created = api_server.kubectl(
        *("apply", f"--namespace={namespace}", "--filename=-", "--output=json"),
        stdin=json.dumps(manifest),
    )
    with api_server.client() as api:
        written = client.CustomObjectsApi(api).patch_namespaced_custom_object_status(
            *(GROUP, VERSION, namespace, PLURAL, "orders"),
            {"status": _STATUS, "spec": {"maxReplicas": 99}},
        )
    return json.loads(created), written
