"""Somebody who may only look asks why: `mare explain` on a real API server."""

import json

import pytest

from tests.access import right, service_account
from tests.vhost import becomes, eventually

ONLOOKER = (
    service_account("onlooker"),
    service_account("stranger"),
    *right("onlooker", "get", "queueautoscalers.mare.dev"),
)


@pytest.fixture
def explain(stage):
    stage.apply(*ONLOOKER)

    def run(*arguments, account="onlooker"):
        return stage.mare("explain", *arguments, account=account)

    return run


def test_the_right_to_get_the_object_is_enough(stage, burst, explain):
    burst(999)
    stage.workload(replicas=1)
    stage.autoscaler(maxReplicas=3)
    eventually(lambda: stage.status().get("currentReplicas") == 3)

    result = explain("worker")

    assert result.returncode == 3, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].startswith("Deployment/worker is at maximum, ")
    assert "messages at 20 per replica need 50 replicas" in lines[1]
    assert "maxReplicas is 3." in lines[1]
    [deciding] = [line for line in lines if line.startswith(">")]
    assert deciding.split()[1:3] == ["bounds", "3"]
    assert "Warning MARE021 (QueueAutoscaler/worker)" in result.stdout
    assert "\x1b[" not in result.stdout
    data = json.loads(explain("worker", "-o", "json", "-n", stage.namespace).stdout)
    assert data["trace"][1]["replicas"] == data["replicas"]["raw"] == 50
    first = stage.status()["decisions"][-1]["time"]
    assert json.loads(explain("worker", "--at", first, "-o", "json").stdout)["time"] == first


@pytest.mark.nightly
def test_an_operator_that_was_killed_is_reported(own_stage, burst):
    stage = own_stage
    stage.apply(*ONLOOKER, *right("onlooker", "get", "leases.coordination.k8s.io"))
    burst(95)
    stage.workload(replicas=5)
    stage.autoscaler()
    operator = stage.operator()
    becomes(lambda: stage.mare("explain", "worker", account="onlooker").returncode, 0)

    operator.kill()

    becomes(lambda: stage.mare("explain", "worker", account="onlooker").returncode, 1, 60)
    output = stage.mare("explain", "worker", account="onlooker").stdout
    assert "Warning MARE018 (QueueAutoscaler/worker) no operator has decided since 20" in output
    assert f": Lease {stage.namespace}/mare-operator is not renewed" in output


def test_an_unreadable_object_is_an_error_with_advice(explain):
    for result, message in (
        (explain("nobody"), "there is no QueueAutoscaler nobody in namespace"),
        (explain("worker", account="stranger"), "you need the right to get queueautoscalers"),
        (explain("worker", "--context", "elsewhere"), "has no context elsewhere"),
    ):
        assert result.returncode == 1
        assert message in result.stderr
        assert "Traceback" not in result.stderr
