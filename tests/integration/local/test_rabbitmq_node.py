"""Private RabbitMQ nodes: apart from each other, gone without a trace."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import amqp
import pytest

from mare.private_broker.node import Program
from mare_nameko.topology import DEAD_LETTERS
from tests.broker_node import Node
from tests.vhost import Vhost, eventually

pytestmark = pytest.mark.broker


def test_two_nodes_side_by_side_do_not_see_each_other(
    rabbitmq: Node, own_rabbitmq: Callable[[], Node]
) -> None:
    other = own_rabbitmq()
    with other.connect() as connection:
        connection.channel().queue_declare("here", durable=True, auto_delete=False)
    assert "here" in {queue["name"] for queue in other.management.queues("/")}
    assert "here" not in {queue["name"] for queue in rabbitmq.management.queues("/")}
    assert rabbitmq.version >= (4, 0)


def test_nothing_is_left_after_a_node(rabbitmq_program: Program) -> None:
    with Node(rabbitmq_program) as node:
        name = node.name
        assert _processes(name)
    eventually(lambda: not _processes(name))  # those that the VM had started see its end
    assert not Path(tempfile.gettempdir(), name).exists()
    assert not _mounts_of(name)


def test_what_a_killed_run_left_is_removed_but_not_what_is_in_use(
    rabbitmq: Node, rabbitmq_program: Program
) -> None:
    long_ago = 1_000_000_000.0
    left = Path(tempfile.mkdtemp(prefix="mare-rabbitmq-"))
    in_use = Path(tempfile.gettempdir(), rabbitmq.name)
    os.utime(left, (long_ago, long_ago))
    os.utime(in_use, (long_ago, long_ago))
    Node(rabbitmq_program).close()
    eventually(lambda: not left.exists())  # another run may be removing it
    assert in_use.exists()


def test_queues_of_stock_services_get_our_limits_by_policy(vhost: Vhost) -> None:
    with vhost.connect() as connection:
        channel = connection.channel()
        channel.queue_declare("rpc-stock", durable=True, auto_delete=False)
        channel.queue_declare("rpc.reply-stock-1", exclusive=True)
        channel.queue_declare(
            "evt-old", durable=True, auto_delete=False, arguments={"x-queue-type": "classic"}
        )
        eventually(lambda: len([q for q in vhost.queues().values() if q.get("policy")]) == 3)
        queues = vhost.queues()
    assert queues["rpc-stock"]["type"] == "quorum"
    assert {name: queue["policy"] for name, queue in queues.items()} == {
        "rpc-stock": "work",
        "evt-old": "work-classic",
        "rpc.reply-stock-1": "replies",
    }


def test_a_message_that_kills_every_consumer_is_dead_lettered(vhost: Vhost) -> None:
    deliveries = 0

    def requeue(message: amqp.Message) -> None:
        nonlocal deliveries
        deliveries += 1
        message.channel.basic_reject(message.delivery_tag, requeue=True)

    with vhost.connect() as connection:
        channel = connection.channel()
        channel.queue_declare("evt-poison", durable=True, auto_delete=False)
        vhost.publish("poison", routing_key="evt-poison", delivery_mode=2)
        channel.basic_consume("evt-poison", callback=requeue)
        while deliveries <= 20:  # the delivery-limit of the policy
            connection.drain_events(timeout=60)
    eventually(lambda: vhost.dead_letters() == 1)
    dead = vhost.get(DEAD_LETTERS)
    assert dead is not None
    assert dead.headers["x-first-death-queue"] == "evt-poison"


def _processes(name: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if name.encode() in text and int(folder.name) != os.getpid():
            found.append(text.decode(errors="replace"))
    return found


def _mounts_of(name: str) -> list[str]:
    # Others on the machine mount things of their own meanwhile.
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    return [mount for mount in mounts if name in mount]
