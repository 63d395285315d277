"""Nodes without data found one cluster, whichever starts first, and join the one there is."""

import re
import socket

import pytest

from tests.charts.helm import Helm
from tests.charts.rabbitmq.cluster import Cluster
from tests.charts.rabbitmq.matrix import CHART
from tests.vhost import eventually

WAITS = "This node has no data. It waits for the first node, rabbit@shop-rabbitmq-0."
RECOVERS = b"Waiting for Mnesia tables"

ATTEMPT_SECONDS, DAY = 0.5, 86_400

pytestmark = pytest.mark.timeout(600)


def test_nodes_wait_until_the_first_one_listens(empty_cluster: Cluster):
    first, *others = empty_cluster.nodes
    for node in others:
        node.start()
    for node in others:
        eventually(lambda node=node: WAITS in node.log())

    others[1].stop()
    assert "Starting broker" not in "".join(node.log() for node in others)

    empty_cluster.start()
    assert WAITS not in first.log_file.read_text()


def test_a_node_without_its_data_waits_for_any_node_and_joins_once_it_is_forgotten(
    cluster: Cluster,
):
    first, _, lost = cluster.nodes
    first.kill()
    lost.kill()
    lost.lose_data()
    lost.start()
    eventually(lambda: "could not auto-cluster" in lost.log_file.read_text(), 120)

    first.start()
    cluster.await_running([0, 1])
    cluster.run(0, "rabbitmqctl", "forget_cluster_node", cluster.name(2))
    cluster.await_running([0, 1, 2])


@pytest.mark.nightly
def test_a_member_whose_majority_is_down_is_started_and_not_ready(cluster: Cluster):
    """It recovers for as long as the others are down. A restart would not bring them back."""
    first = cluster.nodes[0]
    (container,) = first.stateful_set["spec"]["template"]["spec"]["containers"]
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}

    def passes(probe: str) -> bool:
        address = (cluster.address(0), ports[container[probe]["tcpSocket"]["port"]])
        with socket.socket() as client:
            client.settimeout(30)
            return client.connect_ex(address) == 0

    for node in cluster.nodes:
        node.kill()
    before = len(first.log_file.read_bytes())
    first.start()
    try:
        eventually(lambda: RECOVERS in first.log_file.read_bytes()[before:], 120)
        probes = ("startupProbe", "livenessProbe", "readinessProbe")
        assert [passes(probe) for probe in probes] == [True, True, False]
    finally:
        cluster.start()
    assert passes("readinessProbe")


def test_a_node_that_cannot_join_tries_for_days_before_it_founds_a_cluster(helm: Helm):
    manifests = helm.template(CHART, {"replicas": 3})
    config = manifests.one("ConfigMap", "shop-rabbitmq")["data"]["rabbitmq.conf"]
    limit = r"^cluster_formation.discovery_retry_limit = (\d+)$"
    (attempts,) = re.findall(limit, config, re.MULTILINE)

    assert int(attempts) * ATTEMPT_SECONDS > 5 * DAY
