"""Nodes of a RabbitMQ cluster are taken away: never as long as they are members of it."""

import json
from collections.abc import Callable

import pytest

from tests.cluster.kubectl import CommandFailed
from tests.e2e.application import Application

FIRST = "rabbitmq-0"
REFUSAL = r"Members of the cluster would be taken away: \S+rabbitmq-1\S+ \S+rabbitmq-2\S+"


def assert_members_stay(broker: Application, helm: Callable[[int], str]) -> None:
    """Assert that no upgrade and no rollback to revision 1, of one node, takes two of three."""
    before = _pods(broker)
    with pytest.raises(CommandFailed, match="two nodes have no majority"):
        helm(2)
    with pytest.raises(CommandFailed, match=REFUSAL):
        helm(1)
    for version in (3, 4):
        with pytest.raises(CommandFailed, match=REFUSAL):
            _roll_back(broker, "1", version)
    assert _pods(broker) == before

    # Helm leaves it pending, and refuses upgrades, until it is brought back to what runs.
    with pytest.raises(CommandFailed, match="another operation"):
        helm(3)
    _roll_back(broker, _revision(broker, "deployed"), 4)
    assert _pods(broker) == before


def take_away(broker: Application, helm: Callable[[int], str]) -> None:
    """Let two of three nodes leave the cluster as the chart says, and lower ``replicas``."""
    for number in (2, 1):
        node = f"rabbit@rabbitmq-{number}.rabbitmq-nodes.{broker.namespace}.svc.cluster.local"
        _run(broker, "rabbitmq-queues", "shrink", node)
        _run(broker, "rabbitmqctl", "--node", node, "stop_app")
        _run(broker, "rabbitmqctl", "--node", node, "reset")
    helm(1)


def _run(broker: Application, *command: str) -> str:
    return broker.kubectl("exec", FIRST, "--", *command)


def _pods(broker: Application) -> dict[str, str]:
    """Return the container of each node: one that started anew would be another."""
    pods = json.loads(
        broker.kubectl(
            *("get", "pods", "--selector=app.kubernetes.io/component=broker", "--output=json")
        )
    )
    return {
        pod["metadata"]["name"]: pod["status"]["containerStatuses"][0]["containerID"]
        for pod in pods["items"]
    }


def _revision(broker: Application, status: str) -> str:
    """Return the last revision that has this status; raise IndexError if none has."""
    arguments = ("history", broker.release, "--namespace", broker.namespace, "--output=json")
    history = json.loads(broker.cluster.helm(*arguments))
    return [str(each["revision"]) for each in history if each["status"] == status][-1]


def _roll_back(broker: Application, revision: str, version: int) -> None:
    broker.cluster.helm(
        *("rollback", broker.release, revision, "--namespace", broker.namespace),
        *("--wait", "--timeout=4m"),
        version=version,
    )
