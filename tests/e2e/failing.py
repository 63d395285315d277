"""An upgrade of a RabbitMQ cluster stops one of its nodes."""

from collections.abc import Callable

import pytest

from mare.processes.command import CommandFailed
from tests.e2e.application import Application
from tests.e2e.revisions import containers, deployed, roll_back
from tests.vhost import eventually

UNSCHEDULABLE = "resources.requests.cpu=1000"
"""More CPU than a machine has: the last node stops, and its new Pod stays Pending."""


def assert_rollback_repairs_a_failed_upgrade(
    broker: Application, helm: Callable[..., str], values: str
) -> None:
    """Assert that no upgrade stops a second node, and that a rollback to `values` repairs it."""
    before = deployed(broker)
    helm(3, UNSCHEDULABLE, wait=False)
    eventually(lambda: _pending_pods(broker) == ["pod/rabbitmq-2"], seconds=120)
    with pytest.raises(CommandFailed, match=r"is a member and does not run.*by helm rollback"):
        helm(3, "logLevel=debug")

    roll_back(broker, before, 4)
    eventually(lambda: broker.ready("rabbitmq", "statefulset") == 3, seconds=120)
    repaired = containers(broker)
    helm(3, values)
    assert containers(broker) == repaired


def _pending_pods(broker: Application) -> list[str]:
    of = ("--selector=app.kubernetes.io/component=broker", "--field-selector=status.phase=Pending")
    return broker.kubectl("get", "pods", *of, "--output=name").split()
