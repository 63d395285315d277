"""`mare explain` says which replicas a scale-down removes."""

import pytest

from mare.domain.observation import PEERS_UNKNOWN
from mare.domain.unknown import Unknown
from tests.unit.operator_loop.test_explain_command import explain, stored

STATEFUL_SET = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "worker"}
BY_STATEFUL_SET = "the StatefulSet chooses the replicas to remove, busy or not"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "idle replicas are removed first (victims.policy IdleFirst)"),
        (
            {"victims": {"policy": "IdleOnly", "maxDrainWaitSeconds": 90}},
            "idle replicas only are removed, and after 90 s others (victims.policy IdleOnly)",
        ),
        (
            {"victims": {"policy": "Default"}},
            "the Deployment chooses the replicas to remove, busy or not (victims.policy Default)",
        ),
        (
            {
                "scaleTargetRef": STATEFUL_SET,
                "victims": {"policy": "Default"},
            },
            f"{BY_STATEFUL_SET} (victims.policy Default)",
        ),
        (
            {"scaleTargetRef": STATEFUL_SET},
            f"{BY_STATEFUL_SET} (victims.policy IdleFirst)",
        ),
    ],
)
def test_the_text_says_which_replicas_a_scale_down_removes(given, sentence):
    def with_busy(world):
        world.brokers.busy = {"10.0.0.1": 1}

    output = explain(stored(prepare=with_busy, **given)).output
    assert f"Scale-down: {sentence}." in output.splitlines()


@pytest.mark.parametrize("policy", ["IdleFirst", "IdleOnly"])
def test_the_text_says_it_if_messages_are_known_and_busy_replicas_are_not(policy):
    """As with prometheus-uri."""

    def without_peers(world):
        world.brokers.busy = PEERS_UNKNOWN

    output = explain(stored(prepare=without_peers, victims={"policy": policy})).output
    assert "Scale-down: busy replicas can be removed while it is unknown which are idle" in output
    assert "Warning" not in output


def test_the_text_says_it_if_statistics_do_not_show_idle_replicas():
    def without(world):
        world.brokers.unacknowledged = Unknown("NotReported", "no management-uri")

    output = explain(stored(prepare=without)).output
    assert "Scale-down: busy replicas can be removed while it is unknown" in output


def test_the_text_says_once_that_replicas_cannot_be_chosen():
    document = stored()
    conditions = document["status"]["conditions"]
    (condition,) = (each for each in conditions if each["type"] == "VictimsChosen")
    condition |= {"status": "False", "reason": "Forbidden", "message": "pods is forbidden"}
    output = explain(document).output
    assert "Warning MARE017" in output
    assert "Scale-down:" not in output
