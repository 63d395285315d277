"""What a node of a real cluster of three does before it stops."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.charts.rabbitmq.cluster import Cluster
from tests.vhost import becomes

DRAIN = ("sh", "/etc/rabbitmq/drain.sh")
LEADERS = (
    "length([Q || Q <- rabbit_amqqueue:list(), {ok, _, {_, N}} <- "
    "[ra:members(amqqueue:get_pid(Q), 3000)], N =:= node()])."
)
DRAINED = "rabbit_maintenance:is_being_drained_local_read(node())."

pytestmark = pytest.mark.timeout(400)


def test_it_logs_that_it_waits_for_members_and_moves_its_leaders(cluster: Cluster):
    with cluster.connect(1) as connection:
        arguments = {"x-queue-type": "quorum"}
        connection.channel().queue_declare(
            "work", durable=True, auto_delete=False, arguments=arguments
        )
    assert cluster.evaluate(1, LEADERS) != "0"
    cluster.nodes[2].kill()
    becomes(lambda: cluster.evaluate(1, "length(rabbit_nodes:list_running())."), "2")

    log = cluster.nodes[1].log_file
    os.chown(log, 999, -1)  # as a container runtime does with what a container writes to

    cluster.run(1, *DRAIN, "15", seconds=200)

    output = log.read_text()
    assert "This node waits up to 15 s before it stops, for more members of queues" in output
    assert "This node stops although queues lose their majority without it." in output
    assert cluster.evaluate(1, DRAINED) == "true"


@pytest.fixture
def without_new_members(cluster: Cluster) -> Iterator[None]:
    """Keep the broker from adding members to a queue of one, 10 s after it was declared."""
    each = range(len(cluster.nodes))
    adding = "rabbit_quorum_queue_periodic_membership_reconciliation"
    for node in each:
        assert cluster.evaluate(node, f"sys:suspend({adding}).") == "ok"
    yield
    for node in each:
        cluster.evaluate(node, f"sys:resume({adding}).")


@pytest.mark.usefixtures("without_new_members")
def test_streams_and_queues_of_one_member_delay_nothing(cluster: Cluster):
    with cluster.connect(1) as connection:
        of_one = {
            "stream": {"x-initial-cluster-size": 1},
            "quorum": {"x-quorum-initial-group-size": 1},
        }
        for kind, size in of_one.items():
            arguments = {"x-queue-type": kind, **size}
            connection.channel().queue_declare(
                kind, durable=True, auto_delete=False, arguments=arguments
            )
    with pytest.raises(subprocess.CalledProcessError):  # as RabbitMQ says
        cluster.run(1, "rabbitmq-queues", "check_if_node_is_quorum_critical")
    critical = 'rabbitmqctl --silent eval "$(cat /etc/rabbitmq/critical.erl)" 0'

    found = cluster.run(1, "sh", "-c", critical).splitlines()

    assert found[-1] == "ok"
    assert not {"queue quorum in /", "stream stream in /"} & set(found)

    code, output = cluster.job("preflight", NODES_HASH="another")

    assert code == 0
    away = output.partition(" restarts: ")[2].partition(". To add")[0].split(";")
    assert {"queue quorum in /", "stream stream in /"} <= {*away}
