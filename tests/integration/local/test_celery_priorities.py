"""What docs/celery.md says of task priorities, with a Celery worker on a real broker."""

from pathlib import Path

import amqp
import pytest

from mare.domain.unknown import Unknown
from mare.ports import BrokerReading
from tests.integration.local.test_celery_countdown import GATE, HELD, worker
from tests.integration.local.test_celery_page import PAGE, Workers
from tests.integration.local.test_celery_queues import order, run
from tests.integration.operator_broker.test_sources import OneSecret, read_until
from tests.vhost import Vhost, eventually

pytestmark = [pytest.mark.broker, pytest.mark.nightly, pytest.mark.timeout(400)]

OF_THE_PAGE = 'Queue("celery", queue_arguments={"x-queue-type": "classic", "x-max-priority": 10})'
CLASSIC = {
    "from celery import Celery": "from celery import Celery\nfrom kombu import Queue",
    'task_default_queue_type="quorum"': f"task_queues=[{OF_THE_PAGE}]",
}
LOW, HIGH = 3, 6
"""Tasks of priority 1, and of priority 9. Those of priority 9 are sent last."""
PROGRAM = f"""
for priority, tasks in ((5, 1), (1, {LOW}), (9, {HIGH})):
    for n in range(tasks):
        resize.apply_async([n], task_id=f"{{priority}}-{{n}}", priority=priority)
"""
"""The worker takes the task of priority 5 at once. The others wait behind it."""


def finished(folder: Path, vhost: Vhost, changes: dict[str, str]) -> list[str]:
    """Return the priorities in the order in which one worker runs tasks that all wait.

    Meanwhile Maré reads the depth of all priorities together.
    """
    workers = Workers(folder)

    def counts(reading: BrokerReading) -> bool:
        found = () if isinstance(reading.queues, Unknown) else reading.queues
        counted = [(each.ready, each.unacknowledged) for each in found]
        return counted == [(LOW + HIGH, 1)] and reading.busy == {"127.0.0.1": 1}

    with worker(folder, vhost, {**HELD, **changes}) as environ:
        run(folder, environ, PROGRAM)
        uris = {"amqp_uri": vhost.amqp_uri, "management_uri": vhost.node.management_uri}
        read_until(OneSecret(**uris), vhost, counts, queues=[{"name": "celery"}])
        (folder / GATE).touch()
        eventually(lambda: len(workers.runs("done")) == LOW + HIGH + 1, 120)
    return [task.partition("-")[0] for task, _ in order(folder, "done")[1:]]


def test_a_classic_queue_with_priorities_delivers_all_urgent_tasks_first(
    tmp_path: Path, vhost: Vhost
) -> None:
    assert OF_THE_PAGE in PAGE.read_text()

    assert finished(tmp_path, vhost, CLASSIC) == ["9"] * HIGH + ["1"] * LOW


def test_a_quorum_queue_delivers_two_urgent_tasks_for_each_other_one(
    tmp_path: Path, vhost: Vhost
) -> None:
    if vhost.node.version >= (4, 3):
        pytest.skip("From 4.3 on a quorum queue has more than two priorities.")

    done = finished(tmp_path, vhost, {})

    turns = ["".join(sorted(done[n : n + 3])) for n in range(0, len(done), 3)]
    assert turns == ["199"] * LOW


@pytest.mark.parametrize("own", [{"x-queue-type": "quorum"}, {}], ids=["quorum", "default"])
def test_a_quorum_queue_with_x_max_priority_is_refused(vhost: Vhost, own: dict[str, str]) -> None:
    with vhost.connect() as connection, pytest.raises(amqp.PreconditionFailed):
        connection.channel().queue_declare(
            "celery", durable=True, auto_delete=False, arguments={**own, "x-max-priority": 10}
        )
