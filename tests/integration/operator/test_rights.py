"""Every right that the chart gives is used, as the audit log of the API server shows."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest

from tests.integration.operator.consuming import consumer, place_pods, wait_for_unacknowledged
from tests.integration.operator.manifests import deployment, lingering_deployment
from tests.integration.operator.rights import rights_in
from tests.integration.operator.stage import Stage
from tests.integration.operator.test_conflicting_autoscalers import SCALED_OBJECTS
from tests.vhost import Vhost, eventually

pytestmark = pytest.mark.broker
A, B = "127.0.0.1", "127.0.0.2"
ELSEWHERE = {("get", "deployments/scale"), ("get", "statefulsets/scale"), ("patch", "leases")}
"""Read after a conflict, which test_conflicts.py makes; the Lease of several shards is patched, in
test_shards.py."""


def given(objects: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for role in objects:
        for rule in role.get("rules", ()):
            yield from ((verb, kind) for verb in rule["verbs"] for kind in rule["resources"])


def used(stage: Stage) -> set[tuple[str, str]]:
    user = f"system:serviceaccount:{stage.namespace}:mare-operator"
    return {(each.verb, each.resource) for each in stage.api_server.requests() if each.user == user}


def stateful(name: str) -> dict[str, Any]:
    workload = deployment(name, 0)
    return {**workload, "kind": "StatefulSet", "spec": {**workload["spec"], "serviceName": name}}


def test_no_right_is_given_that_is_not_used(
    own_stage: Stage, vhost: Vhost, burst: Callable[..., None]
):
    own_stage.api_server.define(SCALED_OBJECTS)
    burst(60)
    burst(20, "other")
    own_stage.apply(lingering_deployment(2))
    place_pods(own_stage, [A, B])
    own_stage.apply(stateful("other"))
    with consumer(vhost, A, prefetch=5) as busy:
        busy.takes(5)
        wait_for_unacknowledged(vhost, 5)
        own_stage.autoscaler(
            behavior={"scaleDown": {"stabilizationWindowSeconds": 0}},
            # The service time is unknown: only idle ones would go.
            victims={"policy": "IdleFirst", "maxDrainWaitSeconds": 1},
            minReplicas=1,
            paused="ScaleIn",
        )
        target = {"kind": "StatefulSet", "name": "other"}
        own_stage.autoscaler("other", scaleTargetRef=target, queues=[{"name": "other"}])
        own_stage.operator()
        eventually(lambda: own_stage.metric("mare_busy_replicas") == 1)
        own_stage.change({"target": {"messagesPerReplica": 60}, "paused": None})
        eventually(lambda: own_stage.replicas() == 1)

        rights = set(given(rights_in(own_stage.namespace, [own_stage.namespace]))) - ELSEWHERE
        with suppress(AssertionError):
            eventually(lambda: rights <= used(own_stage))
        assert rights - used(own_stage) == set()
