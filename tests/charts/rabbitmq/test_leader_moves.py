"""The leaders of quorum queues move between three real nodes: no workload is scaled for that."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import amqp
import pytest

from tests.charts.helm import Helm
from tests.charts.rabbitmq.broker import PASSWORDS
from tests.charts.rabbitmq.cluster import Cluster
from tests.charts.rabbitmq.service import Service
from tests.charts.rabbitmq.test_maintenance import DRAIN, LEADERS
from tests.control_plane import ControlPlane
from tests.integration.operator.stage import Broker, Stage
from tests.integration.operator.test_scaling import AT_ONCE
from tests.vhost import becomes

QUEUES = ("ready", "busy")
"""The messages of one are ready, those of the other unacknowledged."""
MESSAGES, REPLICAS = 90, 5
"""A replica is for 20 messages: one more changes no count."""
WRONG_SECONDS = 12.0
DEPTH = "mare_queue_depth_messages"
PATIENCE = 240.0
_MOVE = """\
[rabbit_quorum_queue:transfer_leadership(Q, '{target}')
 || Q <- rabbit_amqqueue:list(), amqqueue:get_type(Q) =:= rabbit_quorum_queue,
    {{ok, _, {{_, N}}}} <- [ra:members(amqqueue:get_pid(Q), 3000)], N =/= '{target}'], ok.
"""

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1200)]


@pytest.fixture
def nodes(helm: Helm, debian: Path, tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "nodes").mkdir()
    with Cluster(helm, debian, tmp_path / "nodes", passwords=PASSWORDS) as nodes:
        yield nodes.start()


@pytest.fixture
def stage(
    api_server: ControlPlane, crd: Path, namespace: str, nodes: Cluster, tmp_path: Path
) -> Iterator[Stage]:
    """A namespace of which the operator reads the second node, or another one if that is away."""
    hosts = [nodes.address(number) for number in (1, 2, 0)]
    user = f"operator:{PASSWORDS['operator-password']}"
    with (
        Service(hosts, 5672) as amqp,
        Service(hosts, 15672) as management,
        api_server.client() as api,
    ):
        uris = f"amqp://{user}@{amqp.address}/%2F", f"http://{user}@{management.address}"
        stage = Stage(api_server, namespace, tmp_path, api, Broker(*uris))
        stage.prepare()
        yield stage
        stage.end()


@pytest.fixture
def busy_consumer(nodes: Cluster) -> Iterator[Callable[[], None]]:
    """Take messages of one queue, by a connection to the first node, and acknowledge none."""
    with closing(nodes.connect(0)) as connection:
        channel = connection.channel()
        channel.basic_qos(0, MESSAGES, a_global=False)
        taken: list[amqp.Message] = []

        def take() -> None:
            channel.basic_consume("busy", callback=taken.append)
            while len(taken) < MESSAGES:
                connection.drain_events(timeout=60)

        yield take


def move_all(nodes: Cluster, target: int) -> None:
    """Make a node the leader of all quorum queues, the dead letters included."""

    def moved() -> str:
        nodes.evaluate(0, _MOVE.format(target=nodes.name(target)))
        return nodes.evaluate(target, LEADERS)

    becomes(moved, str(len(QUEUES) + 1), PATIENCE)


def test_a_moved_leader_changes_no_count(
    nodes: Cluster, stage: Stage, busy_consumer: Callable[[], None]
):
    for queue in QUEUES:
        nodes.fill(1, queue, "quorum", MESSAGES, b"x")
    busy_consumer()
    for queue in QUEUES:
        stage.workload(queue, REPLICAS)
        stage.autoscaler(queue, queues=[{"name": queue}], **AT_ONCE)
    stage.operator()
    for queue in QUEUES:
        becomes(lambda name=queue: stage.metric(DEPTH, name), MESSAGES, PATIENCE)

    def changes_no_count() -> None:
        """Wait until wrong statistics, which last for 6 s, have been read several times."""
        stage.holds(REPLICAS, WRONG_SECONDS, "busy")
        assert [stage.counts(queue) for queue in QUEUES] == [[], []]

    move_all(nodes, 2)
    changes_no_count()
    nodes.run(0, "rabbitmq-queues", "rebalance", "all", seconds=PATIENCE)
    changes_no_count()
    move_all(nodes, 1)
    changes_no_count()
    nodes.run(1, *DRAIN, "60", seconds=PATIENCE)
    changes_no_count()
    nodes.nodes[1].stop()
    changes_no_count()
    nodes.nodes[1].start()
    nodes.await_running(range(3))
    changes_no_count()
    for queue in QUEUES:
        nodes.fill(0, queue, "quorum", 1, b"x")
        becomes(lambda name=queue: stage.metric(DEPTH, name), MESSAGES + 1, PATIENCE)
    assert [stage.counts(queue) for queue in QUEUES] == [[], []]
