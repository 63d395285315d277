"""An upgrade of a RabbitMQ cluster stops one of its nodes."""

from collections.abc import Callable

import pytest

from devcluster.command import CommandFailed
from tests.e2e.application import Application
from tests.e2e.revisions import containers, deployed, roll_back
from tests.vhost import eventually

NOWHERE = "resources.requests.cpu=1000"
"""More than any machine has: the last node is stopped and its successor has no place."""


def assert_a_failed_upgrade_can_be_taken_back(
    broker: Application, helm: Callable[..., str], values: str
) -> None:
    """Assert that no upgrade takes a second node, and that a rollback to these values mends it."""
    before = deployed(broker)
    helm(3, NOWHERE, wait=False)
    eventually(lambda: _without_a_place(broker) == ["pod/rabbitmq-2"], seconds=120)
    with pytest.raises(CommandFailed, match=r"is a member and does not run.*by helm rollback"):
        helm(3, "logLevel=debug")

    roll_back(broker, before, 4)
    eventually(lambda: broker.ready("rabbitmq", "statefulset") == 3, seconds=120)
    mended = containers(broker)
    helm(3, values)
    assert containers(broker) == mended


def _without_a_place(broker: Application) -> list[str]:
    of = ("--selector=app.kubernetes.io/component=broker", "--field-selector=status.phase=Pending")
    return broker.kubectl("get", "pods", *of, "--output=name").split()
