"""docs/celery.md on a broker that refuses what RabbitMQ 4.3 refuses, and 4.0 with a setting."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mare.private_broker.node import Program
from tests.broker_node import Node
from tests.integration.local.test_celery_countdown import worker
from tests.integration.local.test_celery_monitoring import REMOTE_CONTROL, command
from tests.integration.local.test_celery_page import Workers
from tests.integration.local.test_celery_queues import send
from tests.vhost import Vhost, eventually

pytestmark = [pytest.mark.broker, pytest.mark.nightly, pytest.mark.timeout(400)]

REFUSED = ("transient_nonexcl_queues", "global_qos")


@pytest.fixture(scope="module")
def strict(rabbitmq_program: Program) -> Iterator[Node]:
    node = Node(rabbitmq_program)
    with (node._folder / "settings/rabbitmq.conf").open("a") as conf:
        conf.writelines(f"deprecated_features.permit.{name} = false\n" for name in REFUSED)
    with node:
        yield node


@pytest.mark.parametrize("remote", [False, True], ids=["events", "remote-control"])
def test_workers_run_tasks_and_are_monitored(tmp_path: Path, strict: Node, *, remote: bool) -> None:
    workers, vhost = Workers(tmp_path), Vhost(strict, f"remote-{remote}")
    changes = REMOTE_CONTROL if remote else {}
    with worker(tmp_path, vhost, changes, "--hostname", "a@h") as environ:
        send(tmp_path, environ, "any")
        eventually(lambda: workers.runs("done")["any"])
        assert any(name.startswith("celeryev.") for name in vhost.queues())
        if remote:
            assert command(tmp_path, environ, "inspect", "ping") == 0
