"""Nodes of a RabbitMQ cluster are taken away: never as long as they are members of it."""

from collections.abc import Callable

import pytest

from devcluster.command import CommandFailed
from tests.e2e.application import Application
from tests.e2e.revisions import containers, deployed, roll_back

FIRST = "rabbitmq-0"
REFUSAL = r"Members of the cluster would be taken away: \S+rabbitmq-1\S+ \S+rabbitmq-2\S+"


def assert_members_stay(broker: Application, helm: Callable[[int], str]) -> None:
    """Assert that no upgrade and no rollback to revision 1, of one node, takes two of three."""
    before = containers(broker)
    with pytest.raises(CommandFailed, match="two nodes have no majority"):
        helm(2)
    with pytest.raises(CommandFailed, match=REFUSAL):
        helm(1)
    for version in (3, 4):
        with pytest.raises(CommandFailed, match=REFUSAL):
            roll_back(broker, "1", version)
    assert containers(broker) == before

    # Helm leaves it pending, and refuses upgrades, until it is brought back to what runs.
    with pytest.raises(CommandFailed, match="another operation"):
        helm(3)
    roll_back(broker, deployed(broker), 4)
    assert containers(broker) == before


def take_away(broker: Application, helm: Callable[[int], str]) -> None:
    """Let two of three nodes leave the cluster as the chart says, and lower ``replicas``."""
    for number in (2, 1):
        node = f"rabbit@rabbitmq-{number}.rabbitmq-nodes.{broker.namespace}.svc.cluster.local"
        _run(broker, "rabbitmq-upgrade", "--node", node, "drain")
        _run(broker, "rabbitmq-queues", "shrink", node)
        _run(broker, "rabbitmqctl", "--node", node, "stop_app")
        _run(broker, "rabbitmqctl", "--node", node, "reset")
    helm(1)


def _run(broker: Application, *command: str) -> str:
    return broker.kubectl("exec", FIRST, "--", *command)
