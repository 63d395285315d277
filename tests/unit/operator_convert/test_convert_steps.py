"""The steps that the report ends with, and the way back of each."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mare.convert.metadata import PREFIX
from tests.unit.operator_convert.inputs import AMQP, many, rabbitmq, run, scaledobject


def _job() -> dict:
    pod = {"containers": [{"name": "encode", "image": "encode"}]}
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledJob",
        "metadata": {"name": "encode", "namespace": "video"},
        "spec": {"jobTargetRef": {"template": {"spec": pod}}, "triggers": [rabbitmq(AMQP)]},
    }


def test_no_step_changes_the_output_elsewhere_than_in_its_file():
    """A later `kubectl apply -f FILE` would undo such a change."""
    steps = run(stdin=many()).stderr
    assert "patch qa" not in steps
    assert "mare resume" not in steps


def test_a_paused_object_is_reported_and_has_no_part_in_the_steps_that_pause():
    paused = scaledobject(rabbitmq("http://rabbit/"), annotations={f"{PREFIX}paused": "true"})
    result = run(stdin=yaml.safe_dump(paused))
    assert result.exit_code == 2
    assert "so the output is paused too: Maré does not scale the workload until" in result.stderr
    assert "Neither KEDA nor Maré scales orders" in result.stderr
    assert "paused=true" not in result.stderr


@pytest.mark.parametrize("annotation", ["paused", "paused-replicas"])
def test_a_paused_object_is_taken_over_with_a_way_back_and_keeps_its_replicas(annotation):
    paused = scaledobject(
        annotations={PREFIX + annotation: "1"}, advanced={"restoreToOriginalReplicaCount": True}
    )
    other = scaledobject(scaleTargetRef={"name": "w1"})
    other["metadata"] = {"name": "w1"}
    steps = _steps(paused, other)[-7:-1]
    assert [(step["name"], step["objects"]) for step in steps] == [
        ("Delete", ["w1"]),
        *((name, ["orders"]) for name in ("Paused", "Copy", "Arm", "Keep", "Delete")),
    ]
    _, _, copy, arm, keep, delete = steps
    assert copy["commands"][0] == "NAME=orders"
    assert "In FILE, remove paused and pausedReplicas, set dryRun" in arm["note"]
    assert (arm["back"], arm["back_if"]) == (
        "kubectl apply -f FILE",
        "its dryRun in FILE is true again",
    )
    assert '"restoreToOriginalReplicaCount":false' in keep["commands"][0]
    assert delete["back"] == 'kubectl apply -f "$NAME-scaledobject.yaml"'


def test_a_paused_scaledjob_is_deleted_when_its_last_job_has_ended():
    paused = _job()
    paused["metadata"]["annotations"] = {f"{PREFIX}paused": "true"}
    steps = [step for step in _steps(paused) if step["objects"]]
    assert [step["name"] for step in steps] == ["Paused", "Copy", "Arm", "Delete"]
    assert "leave its ScaledJob paused" in steps[0]["note"]
    assert steps[-1]["note"].startswith("When the last Job of the ScaledJob has ended")


@pytest.mark.parametrize(
    ("annotation", "way"), [("paused-scale-in", "down"), ("paused-scale-out", "up")]
)
def test_an_object_that_is_paused_in_one_direction_is_reported_and_migrated(annotation, way):
    half = scaledobject(rabbitmq("http://rabbit/"), annotations={PREFIX + annotation: "true"})
    result = run(stdin=yaml.safe_dump(half))
    assert result.exit_code == 2
    assert (
        f"the ScaledObject does not scale {way}, so the output never does either" in result.stderr
    )
    # KEDA keeps the HPA of such an object: Maré waits for it until the object is paused.
    assert "autoscaling.keda.sh/paused=true" in result.stderr


def test_a_step_names_what_has_to_be_completed_and_the_objects():
    authentication = {"authenticationRef": {"name": "missing"}}
    trigger = {"type": "rabbitmq", "metadata": {"queueName": "a", "protocol": "http"}}
    steps = run(stdin=yaml.safe_dump(scaledobject(trigger | authentication))).stderr
    assert "Edit: The output is here FILE. Complete brokerRef.vhost in FILE (orders)." in steps
    assert "Edit:" not in run(stdin=many()).stderr


def test_each_step_is_explained_under_its_name_on_the_page():
    paused = scaledobject(annotations={f"{PREFIX}paused": "true"}, scaleTargetRef={"name": "x"})
    paused["metadata"]["name"] = "x"
    restored = scaledobject(
        {"type": "rabbitmq", "metadata": {"queueName": "a", "protocol": "http"}}
        | {"authenticationRef": {"name": "missing"}},
        advanced={"restoreToOriginalReplicaCount": True},
    )
    given = yaml.safe_dump_all([paused, restored])
    steps = json.loads(run("-o", "json", stdin=given).stdout)["steps"]
    page = (Path(__file__).parents[3] / "docs/convert.md").read_text()
    assert len(steps) == 15
    assert [step["name"] for step in steps if f"| **{step['name']}** |" not in page] == []


def _steps(*given: Any) -> list[dict[str, Any]]:
    document = json.loads(run("-o", "json", stdin=yaml.safe_dump_all(given)).stdout)
    found: list[dict[str, Any]] = document["steps"]
    return found


def test_a_step_names_its_namespace_and_its_objects():
    restored = scaledobject(
        advanced={"restoreToOriginalReplicaCount": True}, scaleTargetRef={"name": "w0"}
    )
    restored["metadata"] = {"name": "w0", "namespace": "mail"}
    other = scaledobject(scaleTargetRef={"name": "w1"})
    other["metadata"] = {"name": "w1", "namespace": "mail"}
    steps = _steps(restored, other, _job())
    found = {(each["name"], each["namespace"]): each["objects"] for each in steps}
    assert found["Arm", "mail"] == ["mail/w0", "mail/w1"]
    assert found["Keep", "mail"] == ["mail/w0"]
    assert found["Arm", "video"] == ["video/encode"]
    assert found["Apply", None] == []


def test_the_first_step_has_the_values_of_the_chart_that_the_objects_need():
    rollout = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "rolled"}
    given = scaledobject(scaleTargetRef=rollout)
    given["metadata"]["name"] = "rolled"
    chart = _steps(given, scaledobject(), _job())[0]
    assert chart["values"] == {
        "rbac": {
            "markPods": True,
            "jobs": True,
            "scaleTargets": [
                {"apiGroup": "apps", "resources": ["deployments", "statefulsets"]},
                {"apiGroup": "argoproj.io", "resources": ["rollouts"]},
            ],
            "secretNames": ["mare-encode", "mare-orders", "mare-rolled"],
        }
    }
    assert "Check that kubectl api-resources has rollouts for Rollout." in chart["note"]
    assert "   rbac:\n     markPods: true\n" in run(stdin=yaml.safe_dump(given)).stderr


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("annotations", "argocd.argoproj.io/tracking-id"),
        ("labels", "argocd.argoproj.io/instance"),
        ("labels", "kustomize.toolkit.fluxcd.io/name"),
    ],
)
def test_objects_of_argo_cd_and_flux_are_migrated_by_commits(field, name):
    given = scaledobject()
    assert "docs/gitops.md" not in run(stdin=yaml.safe_dump(given)).stderr
    given["metadata"][field] = {name: "x"}
    assert (
        "the steps are commits there, see docs/gitops.md" in run(stdin=yaml.safe_dump(given)).stderr
    )
