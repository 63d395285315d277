"""Of a Pod, the operator may change the deletion cost alone."""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kubernetes import client
from kubernetes.client import ApiException

from tests.control_plane import ControlPlane
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

_PATCH = "application/strategic-merge-patch+json"

Patch = Callable[[dict[str, Any]], None]


@pytest.fixture(params=["cluster", "namespace"])
def patch(
    request: pytest.FixtureRequest,
    api_server: ControlPlane,
    bind: Callable[..., str],
    namespace: str,
) -> Iterator[Patch]:
    """Patch a Pod as the operator of the cluster or of one namespace; raises ApiException."""
    namespaces = [namespace] if request.param == "namespace" else []
    user = bind({"namespaces": namespaces, "rbac": {"markPods": True}})
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

    with api_server.client() as api:
        api.set_default_header("Impersonate-User", user)
        pods = client.CoreV1Api(api)

        def patch(change: dict[str, Any]) -> None:
            pods.patch_namespaced_pod("work", namespace, change, _content_type=_PATCH)

        labels = itertools.count()

        def refusal() -> str:
            # Another label each time: before the policy is in force the change succeeds, and the
            # same one again would change nothing.
            try:
                patch({"metadata": {"labels": {"app": f"try-{next(labels)}"}}})
            except ApiException as failure:
                return str(failure.body)
            return ""

        eventually(lambda: REFUSAL in refusal())  # a policy takes effect after its creation
        yield patch


def test_only_the_deletion_cost_can_be_changed(patch: Patch):
    for change in FORBIDDEN.values():
        with pytest.raises(ApiException) as refused:
            patch(change)
        assert REFUSAL in str(refused.value.body)
    patch({"metadata": {"annotations": {COST: "3"}}})
    patch({"metadata": {"annotations": {COST: "0"}}})
    patch({"metadata": {"annotations": {COST: None}}})
