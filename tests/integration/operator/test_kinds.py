"""Every kind that has a /scale, in one namespace or in all."""

from collections.abc import Callable
from pathlib import Path

import pytest
from kubernetes import client

from tests.control_plane import ControlPlane
from tests.integration.operator.rights import rights_in
from tests.integration.operator.stage import Stage
from tests.vhost import becomes, eventually

pytestmark = pytest.mark.broker
Burst = Callable[..., None]
FLEETS = Path(__file__).parent / "fleets.yaml"
FLEET = {"apiVersion": "example.test/v1", "kind": "Fleet"}


def fleet(stage: Stage, name: str = "worker") -> dict:
    objects = client.CustomObjectsApi(stage.api)
    return objects.get_namespaced_custom_object(
        "example.test", "v1", stage.namespace, "fleets", name
    )


def test_a_custom_resource_with_a_scale_is_scaled(own_stage: Stage, burst: Burst):
    own_stage.api_server.define(FLEETS)
    own_stage.allow("example.test", "fleets")
    for name in ("worker", "later"):
        own_stage.apply({**FLEET, "metadata": {"name": name}, "spec": {"boats": 1}})
    burst(200)
    target = {**FLEET, "name": "worker"}
    own_stage.autoscaler(scaleTargetRef=target, minReplicas=1)
    own_stage.operator()

    eventually(lambda: fleet(own_stage)["spec"]["boats"] == 10)
    eventually(lambda: own_stage.condition("Ready")[0] == "True")
    eventually(lambda: own_stage.status().get("currentReplicas") == 10)

    own_stage.apply({**FLEET, "metadata": {"name": "worker"}, "spec": {"boats": 4}})
    eventually(lambda: fleet(own_stage)["spec"]["boats"] == 10)

    own_stage.autoscaler("later", scaleTargetRef={**FLEET, "name": "later"})
    eventually(lambda: fleet(own_stage, "later")["spec"]["boats"] == 10)


def test_without_named_namespaces_the_whole_cluster_is_watched(
    own_stage: Stage, api_server: ControlPlane, burst: Burst
):
    burst(200)
    name = own_stage.namespace
    own_stage.grant(rights_in(name, []))
    own_stage.operator(MARE_NAMESPACES="")
    other = f"{name}-other"
    api_server.kubectl("create", "namespace", other)
    stages = [own_stage, own_stage.beside(other)]

    for each in stages:
        each.workload(replicas=0)
        each.autoscaler()

    for each in stages:
        becomes(each.counts, [10])
    api_server.kubectl("delete", "namespace", other, "--wait=false")
