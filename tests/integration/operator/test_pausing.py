"""`mare pause` and `mare resume` on a real API server."""

import pytest

from tests.access import right, service_account
from tests.integration.operator.promptness import AT_MOST
from tests.vhost import becomes, eventually

PAUSER = (
    service_account("pauser"),
    service_account("stranger"),
    *right("pauser", "patch", "queueautoscalers.mare.dev"),
)


@pytest.fixture
def mare(stage):
    stage.apply(*PAUSER)

    def run(*arguments, account="pauser"):
        return stage.mare(*arguments, account=account)

    return run


def test_a_paused_workload_keeps_its_replicas_until_it_is_resumed(stage, burst, mare):
    stage.workload(replicas=1)
    stage.autoscaler(maxReplicas=3)
    eventually(lambda: stage.status().get("currentReplicas") is not None)

    paused = mare("pause", "worker", "--replicas", "2")

    assert paused.returncode == 0, paused.stderr
    assert paused.stdout.startswith("worker in namespace ")
    assert paused.stdout.endswith(": scaling is paused at 2 replicas.\n")
    becomes(lambda: stage.status().get("currentReplicas"), 2, AT_MOST)
    burst(999)
    becomes(lambda: stage.status().get("depth"), 999)
    assert stage.status()["currentReplicas"] == 2
    assert stage.status()["lastDecision"]["reason"] == "Paused"
    assert stage.condition("Paused")[0] == "True"
    assert mare("resume", "worker").returncode == 0
    becomes(lambda: stage.status().get("currentReplicas"), 3, AT_MOST)
    eventually(lambda: stage.condition("Paused")[0] == "False")


def test_a_pause_that_cannot_be_set_ends_with_a_sentence(mare):
    for run, text in (
        (mare("pause", "worker"), "there is no QueueAutoscaler worker in namespace"),
        (mare("pause", "worker", account="stranger"), "you need the right to patch"),
        (mare("pause", "worker", "--direction", "in", "--replicas", "2"), "--direction both"),
    ):
        assert run.returncode == 1
        assert text in run.stderr
        assert "Traceback" not in run.stderr
