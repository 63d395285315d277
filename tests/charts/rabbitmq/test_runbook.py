"""The commands of docs/rabbitmq.md for a broken broker do what the page says, as printed there."""

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator

import amqp
import pytest

from tests.charts.helm import Helm
from tests.charts.rabbitmq import runbook
from tests.charts.rabbitmq.broker import PASSWORDS
from tests.charts.rabbitmq.cluster import Cluster
from tests.vhost import becomes, eventually

MEMBERS = ("rabbitmqctl", "--silent", "--no-table-headers", "list_queues", "name", "members")
MESSAGES = (*MEMBERS[:-1], "messages")
POLICY = (*MEMBERS[:-1], "policy")
BOOT_SECONDS = 240.0
COOKIE = "/var/lib/rabbitmq/.erlang.cookie"
PRINT_THE_PATCH = 'kubectl() { while [ "$1" != -p ]; do shift; done; echo "$2"; }'

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def passwords() -> dict[str, str]:
    return dict(PASSWORDS)


@pytest.fixture(scope="module")
def nodes(
    helm: Helm,
    debian: object,
    passwords: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("runbook")
    values = {"plugins": ["rabbitmq_shovel"], "image": {"version": "4.0.5"}}
    with Cluster(helm, debian, folder, passwords=passwords, values=values) as cluster:
        yield cluster


@pytest.fixture
def cluster(nodes: Cluster) -> Cluster:
    return nodes.restore()


@pytest.fixture
def on(cluster: Cluster) -> Callable[..., str]:
    """Run a command that a section of the page prints, and return what it prints."""

    def on(section: str, beginning: str, number: int = 0, **names: str) -> str:
        words = runbook.command(section, beginning, {"VHOST": "/", **names})
        return cluster.run(number, *words, seconds=BOOT_SECONDS)

    return on


def publish(cluster: Cluster, number: int, queue: str, kind: str, messages: int = 3) -> None:
    cluster.fill(number, queue, kind, messages, b"one")


def of(cluster: Cluster, number: int, queue: str, command: tuple[str, ...]) -> str:
    """Return what a list of queues has of one of them, or what the command fails with."""
    try:
        lines = cluster.run(number, *command, seconds=BOOT_SECONDS).splitlines()
    except subprocess.CalledProcessError as error:
        return str(error.stderr)
    return dict(line.split("\t", 1) for line in lines).get(queue, "no queue")


def test_dead_letters_are_shown_sent_back_and_dropped(cluster: Cluster, on: Callable[..., str]):
    publish(cluster, 0, "work", "quorum", messages=0)
    section = "Dead letters"
    with cluster.connect(0) as connection:
        channel = connection.channel()
        for number in range(3):
            headers = {"dead-letter-queue": "work"}
            message = amqp.Message(f"{number}", application_headers=headers)
            channel.basic_publish(message, routing_key="dead-letters")
    becomes(lambda: of(cluster, 0, "dead-letters", MESSAGES), "3")

    shown = on(section, "rabbitmq-queues peek")
    assert "dead-letter-queue" in shown
    assert "work" in shown
    on(section, "df")
    on(section, "rabbitmqctl set_policy")
    becomes(lambda: of(cluster, 0, "dead-letters", POLICY), "more-dead-letters")
    on(section, "rabbitmqctl clear_policy")
    becomes(lambda: of(cluster, 0, "dead-letters", POLICY), "dead-letters")

    on(section, "rabbitmqctl set_parameter", QUEUE="work")
    becomes(lambda: of(cluster, 0, "work", MESSAGES), "3")
    on(section, "rabbitmqctl shovel_status")
    parameters = ("rabbitmqctl", "--silent", "list_parameters")
    eventually(lambda: "dead-letters" not in cluster.run(0, *parameters), BOOT_SECONDS)
    assert of(cluster, 0, "dead-letters", MESSAGES) == "0"

    publish(cluster, 0, "dead-letters", "quorum")
    becomes(lambda: of(cluster, 0, "dead-letters", MESSAGES), "3")
    on(section, "rabbitmqctl purge_queue -p VHOST dead-letters")
    becomes(lambda: of(cluster, 0, "dead-letters", MESSAGES), "0")


def test_a_shovel_to_a_misspelt_queue_moves_nothing_and_is_replaced(
    cluster: Cluster, on: Callable[..., str]
):
    publish(cluster, 0, "work", "quorum", messages=0)
    publish(cluster, 0, "dead-letters", "quorum")
    section, misspelt = "Dead letters", "wrok"
    written = [len(node.log_file.read_bytes()) for node in cluster.nodes]

    def failures() -> int:
        logs = zip(cluster.nodes, written, strict=True)
        new = b"".join(node.log_file.read_bytes()[length:] for node, length in logs)
        return new.count(f"no queue '{misspelt}'".encode())

    on(section, "rabbitmqctl set_parameter", QUEUE=misspelt)
    eventually(lambda: failures() > 1, BOOT_SECONDS)
    eventually(lambda: "terminated" in on(section, "rabbitmqctl shovel_status"), BOOT_SECONDS)
    assert of(cluster, 0, misspelt, MESSAGES) == "no queue"
    becomes(lambda: of(cluster, 0, "dead-letters", MESSAGES), "3")  # counted every few seconds

    on(section, "rabbitmqctl clear_parameter")
    on(section, "rabbitmqctl set_parameter", QUEUE="work")
    becomes(lambda: of(cluster, 0, "work", MESSAGES), "3", BOOT_SECONDS)
    becomes(lambda: of(cluster, 0, "dead-letters", MESSAGES), "0")


def test_a_member_with_a_lost_volume_gets_its_queues_and_streams_again(
    cluster: Cluster, on: Callable[..., str]
):
    for queue, kind in {"work": "quorum", "events": "stream"}.items():
        publish(cluster, 0, queue, kind)
    cluster.nodes[2].kill()
    cluster.nodes[2].lose_data()
    section, lost = "The volume is lost, too", cluster.name(2)

    cluster.await_running([0, 1])
    on(section, "rabbitmqctl forget_cluster_node", NODE=lost)
    cluster.await_running([0, 1, 2])
    with pytest.raises(subprocess.CalledProcessError, match="status 64"):  # not in 4.0.5
        on(section, "rabbitmq-streams grow", NODE=lost)
    of_one = "Queues and streams with one or two members"
    on(of_one, "rabbitmq-streams add_replica", STREAM="events", NODE=lost)
    on(of_one, "rabbitmq-streams stream_status", STREAM="events")

    eventually(lambda: lost in of(cluster, 0, "events", MEMBERS), BOOT_SECONDS)
    eventually(lambda: lost in of(cluster, 0, "work", MEMBERS), BOOT_SECONDS)
    becomes(lambda: of(cluster, 0, "work", MESSAGES), "3")


def test_all_nodes_start_with_another_erlang_cookie(cluster: Cluster, passwords: dict[str, str]):
    publish(cluster, 0, "work", "quorum")
    printed = "".join(runbook.commands("Stop all nodes"))
    steps = ("replicas=0", "--for=delete", '\\"erlang-cookie\\":', "replicas=3")
    places = [printed.index(step) for step in steps]
    assert places == sorted(places)

    for node in cluster.nodes:
        node.stop()
    passwords["erlang-cookie"] = "f" * 64
    cluster.start()

    assert cluster.run(0, "sh", "-c", 'cat "$HOME/.erlang.cookie"') == "f" * 64
    becomes(lambda: of(cluster, 0, "work", MESSAGES), "3")


def test_a_node_with_another_erlang_cookie_joins_when_the_former_one_is_put_back(
    cluster: Cluster, passwords: dict[str, str]
):
    publish(cluster, 0, "work", "quorum")
    becomes(lambda: of(cluster, 1, "work", MESSAGES), "3")
    read, patch, delete = runbook.commands("Another Erlang cookie")
    failed = cluster.nodes[2]
    written = len(failed.log_file.read_bytes())

    former = passwords["erlang-cookie"]
    passwords["erlang-cookie"] = "e" * 64
    failed.kill()
    failed.start()
    # Neither node always logs that it refuses the other.
    waits = b"Waiting for Mnesia tables"
    eventually(lambda: waits in failed.log_file.read_bytes()[written:], BOOT_SECONDS)
    held = [cluster.run(number, "cat", COOKIE) for number in (0, 2)]
    assert held == [former, passwords["erlang-cookie"]]
    assert failed.running
    assert not cluster.connects(2)
    code, preflight = cluster.job("preflight", NODES_HASH="changed")
    assert code == 1
    assert "runs with another Erlang cookie than that of the Secret" in preflight

    words = re.search(r"exec RUNNING-POD -- (.*)\)$", read.strip())
    assert words
    cookie = cluster.run(0, *shlex.split(words[1]))
    script = ["sh", "-c", f"{PRINT_THE_PATCH}\n{patch}"]
    printed = subprocess.check_output(script, env={"cookie": cookie}, text=True)
    passwords |= json.loads(printed)["stringData"]
    assert "delete pod FAILED-POD" in delete
    failed.stop()
    failed.start()

    cluster.await_running([0, 1, 2])
    becomes(lambda: of(cluster, 2, "work", MESSAGES), "3")


def test_one_node_of_three_goes_on_without_the_volumes_of_the_others(
    cluster: Cluster, on: Callable[..., str]
):
    section = "The majority is lost"
    on(section, "rabbitmqctl enable_feature_flag")
    publish(cluster, 0, "work", "quorum")
    becomes(lambda: of(cluster, 1, "work", MESSAGES), "3")
    for number in (0, 2):
        cluster.nodes[number].kill()
        cluster.nodes[number].lose_data()

    on(section, "rabbitmqctl force_standalone_khepri_boot", 1)
    on(section, "rabbitmq-diagnostics check_running", 1)
    assert on(section, "rabbitmqctl eval", 1).strip() == "ok"
    publish(cluster, 1, "work", "quorum", messages=1)

    cluster.await_running([0, 1, 2])
    becomes(lambda: of(cluster, 0, "work", MESSAGES), "4")
    eventually(lambda: cluster.name(2) in of(cluster, 0, "work", MEMBERS), BOOT_SECONDS)


def test_definitions_come_back(cluster: Cluster, on: Callable[..., str]):
    publish(cluster, 0, "work", "quorum", messages=0)
    file = "/var/lib/rabbitmq/own.json"
    cluster.run(0, "rabbitmqctl", "export_definitions", file)
    with cluster.connect(0) as connection:
        connection.channel().queue_delete("work")

    on("Restore", "rabbitmqctl import_definitions")

    becomes(lambda: of(cluster, 0, "work", MESSAGES), "0")
    on("Restore", "rm")
    with pytest.raises(subprocess.CalledProcessError):
        cluster.run(0, "cat", file)
