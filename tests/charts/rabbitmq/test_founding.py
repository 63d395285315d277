"""Nodes without data found one cluster, whichever starts first."""

from pathlib import Path

import pytest

from tests.charts.helm import Helm
from tests.charts.rabbitmq.cluster import Cluster
from tests.charts.rabbitmq.conftest import PASSWORDS
from tests.vhost import eventually

WAITS = "This node has no data. It waits for the first node, rabbit@shop-rabbitmq-0."

pytestmark = pytest.mark.timeout(600)


def test_nodes_wait_until_the_first_one_listens(helm: Helm, debian: Path, tmp_path: Path):
    with Cluster(helm, debian, tmp_path, passwords=PASSWORDS) as cluster:
        first, *others = cluster.nodes
        for node in others:
            node.start()
        for node in others:
            eventually(lambda node=node: WAITS in node.log())

        others[1].stop()
        assert "Starting broker" not in "".join(node.log() for node in others)

        cluster.start()
        assert WAITS not in first.log_file.read_text()
