"""RabbitMQ nodes are removed only after they have left the cluster."""

from collections.abc import Callable

import pytest

from mare.processes.command import CommandFailed
from tests.e2e.application import Application
from tests.e2e.revisions import containers, deployed, roll_back

FIRST = "rabbitmq-0"
REFUSAL = r"Members of the cluster would be removed: \S+rabbitmq-[12]\S+ is one"


def assert_an_upgrade_to_one_node_is_refused(
    broker: Application, helm: Callable[[int], str]
) -> None:
    before = containers(broker)
    with pytest.raises(CommandFailed, match=REFUSAL):
        helm(1)
    assert containers(broker) == before


def assert_members_stay(broker: Application, helm: Callable[[int], str]) -> None:
    """Assert that no upgrade and no rollback to revision 1, of one node, stops two of three."""
    before = containers(broker)
    with pytest.raises(CommandFailed, match="two nodes have no majority"):
        helm(2)
    assert_an_upgrade_to_one_node_is_refused(broker, helm)
    for version in (3, 4):
        with pytest.raises(CommandFailed, match=REFUSAL):
            roll_back(broker, "1", version)
    assert containers(broker) == before

    # After a refused rollback, Helm refuses upgrades until a rollback to the current revision.
    with pytest.raises(CommandFailed, match="another operation"):
        helm(3)
    roll_back(broker, deployed(broker), 4)
    assert containers(broker) == before


def remove_nodes(broker: Application, helm: Callable[[int], str]) -> None:
    """Remove two of three nodes from the cluster as the chart documents it, then lower replicas."""
    script = ("sh", "/etc/rabbitmq/remove-nodes.sh", "1")
    broker.kubectl("exec", FIRST, "--", *script, seconds=620)
    helm(1)
