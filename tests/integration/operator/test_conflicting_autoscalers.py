"""A workload that another autoscaler scales is left to it, until that one goes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.operator.rights import rights_in
from tests.integration.operator.stage import Stage
from tests.vhost import becomes, eventually

pytestmark = pytest.mark.broker
Burst = Callable[..., None]
SCALED_OBJECTS = Path(__file__).parent / "scaledobjects.yaml"
NAMESPACES = 13
"""Each has a watch for conflicts, and one for each kind of workload."""
HELD = ("False", "OtherAutoscaler")


def hpa(name: str, workload: str = "") -> dict:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload or name}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": {"scaleTargetRef": target, "maxReplicas": 5},
    }


def scaled_object(name: str) -> dict:
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": name},
        "spec": {"scaleTargetRef": {"name": name}, "triggers": []},
    }


def test_two_autoscalers_never_pull_at_one_workload(own_stage: Stage, burst: Burst):
    own_stage.api_server.define(SCALED_OBJECTS)
    # KEDA has not created the HPA of c yet, or has deleted it: it scales nothing.
    own_stage.apply(hpa("a"), hpa("keda-hpa-b", "b"), scaled_object("b"), scaled_object("c"))
    own_stage.several(["a", "b", "c"], paused="All")
    for name in ("a", "b", "c"):
        burst(200, queue=name)
    own_stage.operator()
    for name in ("a", "b"):
        eventually(lambda name=name: own_stage.condition("AbleToScale", name) == HELD)
    for name in ("a", "b", "c"):
        own_stage.change({"paused": None}, name)

    eventually(lambda: own_stage.counts("c") == [10])
    for name in ("a", "b"):
        eventually(lambda name=name: ("Warning", "OtherAutoscaler") in own_stage.events(name))
        becomes(lambda name=name: own_stage.status(name).get("desiredReplicas"), 10)
        assert own_stage.counts(name) == []

    kubectl = own_stage.api_server.kubectl
    kubectl("delete", "hpa/a", "hpa/keda-hpa-b", "-n", own_stage.namespace)
    for name in ("a", "b"):
        eventually(lambda name=name: own_stage.counts(name) == [10])
        eventually(lambda name=name: own_stage.condition("AbleToScale", name)[0] == "True")


def test_an_operator_of_many_namespaces_has_connections_left(own_stage: Stage, burst: Burst):
    own_stage.api_server.define(SCALED_OBJECTS)
    kubectl, home = own_stage.api_server.kubectl, own_stage.namespace
    others = [f"{home}-{number}" for number in range(NAMESPACES)]
    for name in others:
        kubectl("create", "namespace", name)
    own_stage.grant(rights_in(home, [home, *others]))
    burst(200)
    last = own_stage.beside(others[-1])
    last.workload()
    last.autoscaler()
    own_stage.operator(MARE_NAMESPACES=",".join([home, *others]))

    becomes(last.counts, [10])
    kubectl("delete", "namespace", *others, "--wait=false")
