"""Of a Pod, the operator of the whole cluster may change the deletion cost alone."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from devcluster.control_plane import ControlPlane
from devcluster.kubectl import KubectlFailed
from tests.vhost import eventually

COST = "controller.kubernetes.io/pod-deletion-cost"
REFUSAL = (
    "may change the annotation controller.kubernetes.io/pod-deletion-cost of a Pod and nothing"
)
FORBIDDEN: dict[str, dict[str, Any]] = {
    "an image": {"spec": {"containers": [{"name": "work", "image": "example.test/other"}]}},
    "a label": {"metadata": {"labels": {"app": "other"}}},
    "a finalizer": {"metadata": {"finalizers": ["example.test/hold"]}},
    "a new annotation": {"metadata": {"annotations": {COST: "1", "a": "b"}}},
    "a changed annotation": {"metadata": {"annotations": {"mine": "other"}}},
    "a removed annotation": {"metadata": {"annotations": {"mine": None}}},
}

Patch = Callable[[dict[str, Any]], str]


@pytest.fixture
def patch(api_server: ControlPlane, bind: Callable[..., str], namespace: str) -> Patch:
    """Patch a Pod as the operator; raises KubectlFailed."""
    user = bind({"rbac": {"markPods": True}})
    api_server.kubectl("label", "namespace", namespace, "--overwrite", "test=pod-policy")
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "work", "labels": {"app": "work"}, "annotations": {"mine": "yes"}},
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [{"name": "work", "image": "example.test/work"}],
        },
    }
    api_server.kubectl("create", "-n", namespace, "-f", "-", stdin=json.dumps(pod))

    def patch(change: dict[str, Any]) -> str:
        options = ("--type=strategic", f"--patch={json.dumps(change)}", f"--as={user}")
        return api_server.kubectl("patch", "pod", "work", "-n", namespace, *options)

    def is_refused() -> bool:
        try:
            patch(FORBIDDEN["a label"])
        except KubectlFailed as failure:
            return REFUSAL in str(failure)
        return False

    eventually(is_refused)  # a policy takes effect some time after it was created
    return patch


def test_only_the_deletion_cost_can_be_changed(patch: Patch):
    for change in FORBIDDEN.values():
        with pytest.raises(KubectlFailed, match=REFUSAL):
            patch(change)
    patch({"metadata": {"annotations": {COST: "3"}}})
    patch({"metadata": {"annotations": {COST: "0"}}})
    patch({"metadata": {"annotations": {COST: None}}})
