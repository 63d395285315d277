"""A user needs the right to create Jobs for a jobTemplate, and the operator ends no Job."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
import yaml
from kubernetes import client

from tests.charts.operator import reviews
from tests.control_plane import ControlPlane, KubectlFailed
from tests.integration.operator.manifests import autoscaler_of
from tests.vhost import eventually

POD = {"restartPolicy": "Never", "containers": [{"name": "work", "image": "example.test/none"}]}
TEMPLATE = {"spec": {"template": {"spec": POD}}}
RBAC = "rbac.authorization.k8s.io"


def autoscaler(name: str = "encode", **spec: Any) -> dict[str, Any]:
    none = {"scaleTargetRef": None, "target": None}
    return autoscaler_of(name, {**none, "jobTemplate": TEMPLATE, **spec})


def job(name: str, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, **metadata},
        "spec": TEMPLATE["spec"],
    }


def owner_of(api_server: ControlPlane, namespace: str) -> dict[str, Any]:
    """Create an object and return a reference: the garbage collector deletes Jobs without owner."""
    kubectl = api_server.kubectl
    kubectl("apply", "-n", namespace, "-f", "-", stdin=yaml.safe_dump(autoscaler()))
    uid = kubectl("get", "qa", "encode", "-n", namespace, "-o", "jsonpath={.metadata.uid}")
    names = {"apiVersion": "mare.dev/v1alpha1", "kind": "QueueAutoscaler", "name": "encode"}
    return {**names, "uid": uid, "controller": True}


@pytest.fixture
def apply_as(api_server: ControlPlane, namespace: str) -> Callable[..., str]:
    def apply(user: str, *documents: dict[str, Any]) -> str:
        return api_server.kubectl(
            *("apply", "-n", namespace, f"--as={user}", "-f", "-"),
            stdin=yaml.safe_dump_all(documents),
        )

    return apply


@pytest.fixture
def tenant(api_server: ControlPlane, namespace: str) -> Callable[..., str]:
    """Make a user with all rights on QueueAutoscalers and perhaps on Jobs."""

    def make(name: str, *, jobs: bool) -> str:
        rules = [{"apiGroups": ["mare.dev"], "resources": ["queueautoscalers"], "verbs": ["*"]}]
        if jobs:
            rules.append({"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create"]})
        role = {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": {"name": name}}
        api_server.kubectl(
            *("apply", "-n", namespace, "-f", "-"),
            stdin=yaml.safe_dump_all(
                [
                    {**role, "rules": rules},
                    {
                        **role,
                        "kind": "RoleBinding",
                        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": name},
                        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": name}],
                    },
                ]
            ),
        )
        return name

    return make


def test_a_job_template_needs_the_right_to_create_jobs(bind, tenant, apply_as):
    bind({"rbac": {"jobs": True}})
    without, with_jobs = tenant("without-jobs", jobs=False), tenant("with-jobs", jobs=True)

    number = count()

    def is_refused() -> bool:
        try:  # a template that is there already is not refused
            apply_as(without, autoscaler(f"tried-{next(number)}"))
        except KubectlFailed as error:
            return "needs the right to create Jobs: without-jobs may not" in str(error)
        return False

    eventually(is_refused)
    apply_as(with_jobs, autoscaler())
    apply_as(without, autoscaler(maxReplicas=3))
    other = {"spec": {"template": {"spec": {**POD, "serviceAccountName": "other"}}}}
    with pytest.raises(KubectlFailed, match="needs the right to create Jobs"):
        apply_as(without, autoscaler(jobTemplate=other))
    scaling = autoscaler_of("scaling", {"scaleTargetRef": {"name": "worker"}})
    apply_as(without, scaling)


def test_the_operator_creates_jobs_of_objects_and_deletes_finished_ones(
    api_server: ControlPlane, bind, namespace: str
):
    user = bind({"rbac": {"jobs": True}})
    kubectl = api_server.kubectl

    def create(document: dict[str, Any]) -> str:
        return kubectl(
            *("create", "-n", namespace, f"--as={user}", "-f", "-"), stdin=yaml.safe_dump(document)
        )

    def is_refused() -> bool:
        try:
            create(job("alien"))
        except KubectlFailed as error:
            return "Jobs of QueueAutoscalers only" in str(error)
        kubectl("delete", "job", "alien", "-n", namespace)
        return False

    eventually(is_refused)
    create(job("own", ownerReferences=[owner_of(api_server, namespace)]))
    with api_server.client() as api:
        jobs = client.BatchV1Api(api)
        with pytest.raises(KubectlFailed, match="delete finished Jobs only"):
            kubectl("delete", "job", "own", "-n", namespace, f"--as={user}", "--wait=false")
        now = "2026-01-01T00:00:00Z"
        failed = {
            "active": 0,
            "conditions": [
                {"type": kind, "status": "True", "reason": "x", "lastTransitionTime": now}
                for kind in ("FailureTarget", "Failed")
            ],
        }
        jobs.patch_namespaced_job_status("own", namespace, {"status": failed})
    kubectl("delete", "job", "own", "-n", namespace, f"--as={user}", "--wait=false")


def test_the_rights_for_jobs_come_with_their_value_alone(api_server: ControlPlane, bind, namespace):
    user = bind({"rbac": {"jobs": True}})
    allowed = reviews.allowed(api_server, user, namespace, only=["jobs"])
    assert {each.verb for each in allowed} == {"create", "delete", "list", "watch"}
