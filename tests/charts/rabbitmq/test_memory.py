"""Publishers that are faster than the memory alarm end no node. Root only."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from threading import Event, Thread

import amqp
import pytest

from tests.charts.helm import Helm
from tests.charts.rabbitmq.broker import PASSWORDS
from tests.charts.rabbitmq.cluster import Cluster
from tests.charts.rabbitmq.memory_limit import MemoryLimit, memory_limit
from tests.vhost import eventually

MIB = int(os.environ.get("MARE_MEMORY_MIB", "512"))
"""The memory limit of a node: the smallest one, while the chart's default is 1024."""
SECONDS = float(os.environ.get("MARE_MEMORY_SECONDS", "20"))
"""How long messages are published; 600 repeats the figure of docs/measurements/rabbitmq.md."""
PUBLISHERS = 6
BODY = b"x" * 1_000_000
PATIENT = {socket.TCP_USER_TIMEOUT: 600_000}
"""By default, py-amqp ends a connection from which an alarm lets the node read nothing for 1 s, as
Celery does; such publishers connect again."""

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900 + SECONDS)]


@pytest.fixture
def limits() -> Iterator[list[MemoryLimit]]:
    """One for each node."""
    with ExitStack() as stack:
        yield [stack.enter_context(memory_limit(MIB)) for _ in range(3)]


@pytest.fixture
def small_nodes(
    helm: Helm, debian: Path, tmp_path: Path, limits: list[MemoryLimit]
) -> Iterator[Cluster]:
    memory = {"memory": f"{MIB}Mi"}
    values = {"resources": {"requests": memory, "limits": memory}}
    cgroups = [limit.entry for limit in limits]
    with Cluster(
        helm, debian, tmp_path, passwords=PASSWORDS, values=values, cgroups=cgroups
    ) as cluster:
        yield cluster.start()


def _declare(connection: amqp.Connection, queue: str) -> amqp.Channel:
    channel = connection.channel()
    arguments = {"x-queue-type": "quorum"}
    channel.queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)
    return channel


class _Publisher(Thread):
    """Publishes as fast as the node reads, until `ends`, and then awaits the missing confirms."""

    def __init__(self, connect: Callable[[], amqp.Connection], queue: str, ends: Event) -> None:
        super().__init__()
        self.queue = queue
        self.published = self.confirmed = 0
        self.unconfirmed: set[int] = set()
        """Tags of the last connection, as `published`."""
        self.errors: list[Exception] = []
        self._connect, self._ends = connect, ends

    def run(self) -> None:
        while not self._ends.is_set():
            self.published, self.unconfirmed = 0, set()
            try:
                self._publish()
            except (OSError, amqp.AMQPError) as error:
                self.errors.append(error)
                self._ends.wait(1)

    def _publish(self) -> None:
        with self._connect() as connection:
            channel = _declare(connection, self.queue)
            channel.confirm_select()
            channel.events["basic_ack"].add(self._confirm)
            while not self._ends.is_set():
                self.published += 1
                self.unconfirmed.add(self.published)
                # It reads one frame, a confirm of one or several messages, without waiting for it.
                message = amqp.Message(BODY, delivery_mode=2)
                channel.basic_publish(message, routing_key=self.queue)
            while self.unconfirmed:
                connection.drain_events(timeout=120)

    def _confirm(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - py-amqp calls it
        before = len(self.unconfirmed)
        if multiple:
            self.unconfirmed = {each for each in self.unconfirmed if each > tag}
        else:
            self.unconfirmed.discard(tag)
        self.confirmed += before - len(self.unconfirmed)


@pytest.mark.parametrize("settings", [PATIENT, None], ids=["patient", "impatient"])
def test_six_publishers_of_1_mb_end_no_node_and_lose_nothing(
    small_nodes: Cluster,
    limits: list[MemoryLimit],
    record_property: Callable[[str, object], None],
    settings: dict[int, int] | None,
):
    ends = Event()
    connects = [
        partial(small_nodes.connect, number, socket_settings=settings) for number in (0, 1, 2)
    ]
    publishers = [
        _Publisher(connects[number % 3], f"work-{number}", ends) for number in range(PUBLISHERS)
    ]
    with small_nodes.connect(0) as connection:  # publishes nothing, so that no alarm blocks it
        channels = {each.queue: _declare(connection, each.queue) for each in publishers}
        stored = dict.fromkeys(channels, 0)

        def purge() -> None:
            for queue, channel in channels.items():
                stored[queue] += channel.queue_purge(queue)

        def have_ended() -> bool:
            purge()
            return not any(publisher.is_alive() for publisher in publishers)

        for publisher in publishers:
            publisher.start()
        began = time.monotonic()
        while time.monotonic() - began < SECONDS and not have_ended():
            ends.wait(2)  # the pace at which messages go: without it, an alarm lasts for ever
        ends.set()
        alarms = small_nodes.run(0, "rabbitmq-diagnostics", "--silent", "alarms")
        eventually(have_ended, seconds=300)
        purge()
        record_property("confirmed", sum(each.confirmed for each in publishers))

        assert [limit.kills() for limit in limits] == [0, 0, 0]
        confirmed = {each.queue: each.confirmed for each in publishers}
        # Some messages of connections that ended are stored without a confirm.
        assert [queue for queue in stored if stored[queue] < confirmed[queue]] == []
        if settings is PATIENT:
            assert [each.errors for each in publishers] == [[]] * PUBLISHERS, alarms
            unsure = [each.queue for each in publishers if each.unconfirmed or not each.published]
            assert unsure == []
            assert stored == confirmed
