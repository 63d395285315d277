"""An object whose names lead elsewhere harms no other namespace, even if its schema lets it in."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from kubernetes import client

from tests.control_plane import ControlPlane
from tests.integration.operator.manifests import deployment
from tests.integration.operator.rights import rights_in
from tests.integration.operator.stage import Broker, Stage
from tests.vhost import Vhost, eventually

pytestmark = pytest.mark.broker
HOSTILE = {
    "by-name": {"name": "../../victim/deployments/worker"},
    "by-version": {"apiVersion": "apps/../apps/v1", "name": "../../victim/deployments/worker"},
    "by-root": {"apiVersion": "../api/v1/namespaces/victim/secrets", "name": "broker"},
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
def stage(
    own_api_server: ControlPlane,
    crd: Path,
    vhost: Vhost,
    tmp_path: Path,
    stage_on: Callable[[ControlPlane, str, Broker], Stage],
) -> Stage:
    """A tenant beside a namespace `victim`; the operator has every right in both."""
    own_api_server.define(without_rules_for_names(crd, tmp_path))
    for namespace in ("tenant", "victim"):
        own_api_server.kubectl("create", "namespace", namespace)
    broker = Broker(vhost.amqp_uri, vhost.node.management_uri)
    stage = stage_on(own_api_server, "tenant", broker)
    stage.grant(rights_in("tenant", []))
    stage.beside("victim").apply(deployment("worker", 3))
    return stage


def test_no_request_leaves_the_namespace(stage: Stage):
    for name, target in HOSTILE.items():
        stage.autoscaler(name, scaleTargetRef=target, paused="All", pausedReplicas=0)
    secret = {"secretName": "../../victim/secrets/broker"}
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
    victim = client.AppsV1Api(stage.api).read_namespaced_deployment_scale("worker", "victim")
    assert victim.spec.replicas == 3
    requests = [
        each for each in stage.api_server.requests() if each.user.endswith(":mare-operator")
    ]
    assert {each.namespace for each in requests} == {"tenant"}
