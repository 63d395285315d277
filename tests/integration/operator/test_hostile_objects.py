"""An object whose names lead elsewhere harms no other namespace, even if its schema lets it in."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from tests.control_plane import ControlPlane
from tests.integration.operator.manifests import (
    GROUP,
    PLURAL,
    VERSION,
    autoscaler_of,
    deployment,
)
from tests.integration.operator.promptness import promptly
from tests.integration.operator.rights import rights_in
from tests.integration.operator.stage import Stage
from tests.vhost import eventually

pytestmark = pytest.mark.broker
VICTIM = "victim"
HOSTILE = {
    "by-name": {"name": f"../../{VICTIM}/deployments/worker"},
    "by-version": {"apiVersion": "apps/../apps/v1", "name": f"../../{VICTIM}/deployments/worker"},
    "by-root": {"apiVersion": f"../api/v1/namespaces/{VICTIM}/secrets", "name": "broker"},
}


def without_rules_for_names(crd: Path, folder: Path) -> Path:
    """Write the definition as it was when its schema accepted every name."""
    definition = yaml.safe_load(crd.read_text())
    (version,) = definition["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    for reference in ("scaleTargetRef", "brokerRef"):
        for field in spec[reference]["properties"].values():
            field.pop("x-kubernetes-validations", None)
    file = folder / "crd.yaml"
    file.write_text(yaml.safe_dump(definition))
    return file


@pytest.fixture
def lenient_crd(api_server: ControlPlane, crd: Path, tmp_path: Path) -> Iterator[None]:
    api_server.define(without_rules_for_names(crd, tmp_path))
    yield
    api_server.define(crd)


@pytest.fixture
def stage(lenient_crd: None, own_stage: Stage) -> Iterator[Stage]:
    """A tenant beside a namespace `victim`; the operator has every right in both."""
    kubectl = own_stage.api_server.kubectl
    kubectl("create", "namespace", VICTIM)
    own_stage.grant(rights_in(own_stage.namespace, []))
    own_stage.beside(VICTIM).apply(deployment("worker", 3))
    yield own_stage
    kubectl("delete", "namespace", VICTIM, "--wait=false")


def test_no_request_leaves_the_namespace(stage: Stage):
    for name, target in HOSTILE.items():
        stage.autoscaler(name, scaleTargetRef=target, paused="All", pausedReplicas=0)
    secret = {"secretName": f"../../{VICTIM}/secrets/broker"}
    stage.autoscaler("by-secret", brokerRef=secret)
    stage.workload("honest", replicas=1)
    stage.autoscaler("honest", scaleTargetRef={"name": "honest"}, minReplicas=2)

    stage.operator()

    for name in HOSTILE:
        eventually(
            lambda name=name: stage.condition("AbleToScale", name) == ("False", "InvalidName")
        )
    eventually(lambda: stage.condition("MetricsFresh", "by-secret") == ("False", "SecretRefused"))
    eventually(lambda: stage.replicas("honest") == 2)
    victim = client.AppsV1Api(stage.api).read_namespaced_deployment_scale("worker", VICTIM)
    assert victim.spec.replicas == 3
    user = f"system:serviceaccount:{stage.namespace}:mare-operator"
    requests = [each for each in stage.api_server.requests() if each.user == user]
    assert {each.namespace for each in requests} == {stage.namespace}


@pytest.mark.nightly
def test_objects_of_megabytes_of_labels_take_little_memory(own_stage: Stage):
    """Ten of them in one page of a list took more than the 256 MiB of the operator."""
    labels = {f"{'a' * 240}.{number}/{'b' * 60}": "c" * 60 for number in range(3_300)}
    many = range(20)
    for number in many:
        name = f"large-{number}"
        large = {**autoscaler_of(name, {}), "metadata": {"name": name, "labels": labels}}
        _custom(own_stage).create_namespaced_custom_object(
            GROUP, VERSION, own_stage.namespace, PLURAL, large
        )
    own_stage.workload("honest", replicas=1)
    own_stage.autoscaler("honest", scaleTargetRef={"name": "honest"}, minReplicas=2)

    operator = own_stage.operator()

    promptly(lambda: own_stage.replicas("honest") == 2)
    for number in many:
        _custom(own_stage).patch_namespaced_custom_object(
            GROUP,
            VERSION,
            own_stage.namespace,
            PLURAL,
            f"large-{number}",
            {"spec": {"maxReplicas": 7}},
        )
    own_stage.autoscaler("honest", scaleTargetRef={"name": "honest"}, minReplicas=3)
    promptly(lambda: own_stage.replicas("honest") == 3)
    assert operator.highest_rss_bytes() < 200e6


def _custom(stage: Stage) -> client.CustomObjectsApi:
    return client.CustomObjectsApi(stage.api)


@pytest.mark.nightly
def test_objects_with_thousands_of_levels_do_not_stop_the_operator(own_stage: Stage, tmp_path):
    """Python decodes 1,000 levels, and the API server accepts 10,000."""

    def create(group: str, plural: str, document: dict[str, Any], key: str) -> None:
        levels = f'{{"{key}":' * 2_000 + "{}" + "}" * 2_000
        file = tmp_path / f"{plural}.json"
        file.write_text(json.dumps(document).replace('"DEEP"', levels))
        path = f"/apis/{group}/namespaces/{own_stage.namespace}/{plural}"
        own_stage.api_server.kubectl("create", "--raw", path, "-f", str(file))

    job = {"spec": {"template": "DEEP"}}
    deep = autoscaler_of("deep", {"scaleTargetRef": None, "target": None, "jobTemplate": job})
    create(f"{GROUP}/{VERSION}", PLURAL, deep, "a")
    workload = deployment("deep", 1)
    entry = {"manager": "hostile", "operation": "Update", "apiVersion": "apps/v1"}
    entry |= {"time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": "DEEP"}
    workload["metadata"]["managedFields"] = [entry]
    create("apps/v1", "deployments", workload, "f:a")
    own_stage.workload("honest", replicas=1)
    own_stage.autoscaler("honest", scaleTargetRef={"name": "honest"}, minReplicas=2)

    own_stage.operator()

    eventually(lambda: own_stage.replicas("honest") == 2)
    own_stage.autoscaler("honest", scaleTargetRef={"name": "honest"}, minReplicas=3)
    eventually(lambda: own_stage.replicas("honest") == 3)
