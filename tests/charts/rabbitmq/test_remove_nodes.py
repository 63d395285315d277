"""Nodes leave a real cluster of three, as before ``replicas`` is lowered."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.charts.helm import Helm
from tests.charts.rabbitmq.cluster import Cluster
from tests.charts.rabbitmq.matrix import CHART
from tests.vhost import becomes

MESSAGES = 20
REMOVE = ("sh", "/etc/rabbitmq/remove-nodes.sh")
UNTIL_A_LINE = f"{' '.join(REMOVE)} 1 | {{ read -r _ && kill -KILL 0; }}"
WITHOUT_LEADER = (
    "[Q || Q <- rabbit_amqqueue:list(), element(1, ra:members(amqqueue:get_pid(Q), 3000)) =/= ok]."
)

pytestmark = pytest.mark.timeout(600)


def _fill(cluster: Cluster, number: int, queue: str, kind: str = "quorum") -> None:
    cluster.fill(number, queue, kind, MESSAGES, b"x" * 500)


def _count(cluster: Cluster, queue: str) -> Callable[[], int]:
    def count() -> int:
        with cluster.connect(0) as connection:
            return connection.channel().queue_declare(queue, passive=True).message_count

    return count


@pytest.mark.timeout(900)  # three nodes on a machine that also builds images: 200 s for one step
def test_nodes_that_run_or_are_down_leave_and_no_message_is_lost(cluster: Cluster):
    for number in range(3):
        _fill(cluster, number, f"work-{number}")
    _fill(cluster, 1, "classic", "classic")
    cluster.nodes[2].kill()

    with pytest.raises(subprocess.CalledProcessError):
        cluster.run(0, "setsid", "--wait", "sh", "-c", UNTIL_A_LINE, seconds=400)
    with pytest.raises(subprocess.CalledProcessError) as refused:
        cluster.run(0, *REMOVE, "1", "8", seconds=400)
    assert "classic in / is a classic queue that only rabbit@" in refused.value.stdout
    assert "Gave up after 8 s. No message is lost." in refused.value.stderr
    becomes(_count(cluster, "classic"), MESSAGES)

    cluster.run(0, "rabbitmqctl", "delete_queue", "classic")
    output = cluster.run(0, *REMOVE, "1", seconds=400)

    assert f"{cluster.name(2)} was down and has left the cluster. Delete its volume" in output
    assert f"{cluster.name(1)} has left the cluster." in output
    assert output.endswith("Set replicas to 1 now.\n")
    for node in cluster.nodes[:2]:
        node.stop()
    cluster.nodes[0].start()
    cluster.await_running([0])
    assert cluster.evaluate(0, "length(rabbit_nodes:list_members()).") == "1"
    for number in range(3):
        becomes(_count(cluster, f"work-{number}"), MESSAGES)
    assert cluster.evaluate(0, WITHOUT_LEADER) == "[]"


def test_a_number_of_nodes_that_cannot_be_is_refused(helm: Helm, tmp_path: Path):
    files = helm.template(CHART, {"replicas": 3}).one("ConfigMap", "shop-rabbitmq")["data"]
    for name in ("remove-nodes.sh", "rabbitmq.conf"):
        (tmp_path / name).write_text(files[name])
    nodes = re.findall(r"classic_config\.nodes\.\d = (.*)", files["rabbitmq.conf"])
    wrong = {
        (1, "1"): "Run this on the first node",
        (0, "3"): "There are no more than 3 nodes.",
        (0, "2"): "Keep an odd number of nodes",
    }
    for (number, count), sentence in wrong.items():
        refused = subprocess.run(
            ["sh", str(tmp_path / "remove-nodes.sh"), count],
            env={"PATH": os.environ["PATH"], "RABBITMQ_NODENAME": nodes[number]},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert refused.returncode == 1
        assert sentence in refused.stderr
