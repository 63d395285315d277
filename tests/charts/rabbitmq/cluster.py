"""Nodes of the chart in one cluster, each in a container and a network of its own. Root only."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import randbelow, token_hex
from typing import Any, Self

import amqp

from tests.charts.helm import Helm
from tests.charts.rabbitmq.container import Container
from tests.charts.rabbitmq.matrix import CHART
from tests.vhost import becomes

_BOOT_SECONDS = 120.0
_RUNNING = "length(rabbit_nodes:list_running())."
_MEMBERS = '[io:format("~s~n", [N]) || N <- rabbit_nodes:list_members()], ok.'
_IN_MAINTENANCE = (
    '[io:format("~s~n", [N]) || N <- rabbit_nodes:list_running(), '
    "rabbit_maintenance:is_being_drained_consistent_read(N)], ok."
)
_QUEUES = (
    '[io:format("~s~n", [element(4, amqqueue:get_name(Q))]) || Q <- rabbit_amqqueue:list()], ok.'
)
_OF_THE_CHART = {"dead-letters"}
# A member that was just added is no voter yet. Until it is, a queue of three may have a majority of
# two, and a test that ends one of these nodes waits for ever.
_GROW = (
    '[rabbit_quorum_queue:grow(N, <<".*">>, <<".*">>, all) || N <- rabbit_nodes:list_running()].'
)
_WITHOUT_VOTER = (
    "[N || Q <- rabbit_amqqueue:list(), amqqueue:get_type(Q) =:= rabbit_quorum_queue, "
    "N <- rabbit_nodes:list_running(), "
    "case catch erpc:call(N, ra, key_metrics, [{element(1, amqqueue:get_pid(Q)), N}], 5000) of "
    "#{membership := voter, state := S} -> S =/= leader andalso S =/= follower; _ -> true end]."
)


class Cluster:
    """Use it as a context manager; `start` starts the nodes.

    The nodes are reached from this machine over a bridge, on the ports that the chart gives them.
    """

    def __init__(
        self,
        helm: Helm,
        root: Path,
        folder: Path,
        *,
        passwords: Mapping[str, str],
        replicas: int = 3,
        values: Mapping[str, Any] | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        cgroups: Sequence[Path | None] = (None,) * 5,
    ) -> None:
        self._password = passwords["admin-password"]
        self._id = f"mare{token_hex(3)}"
        self._subnet = f"10.{randbelow(100) + 100}.{randbelow(256)}"
        manifests = helm.template(CHART, {"replicas": replicas, **(values or {})})
        known = {"shop-rabbitmq-credentials": passwords, **(secrets or {})}
        hosts = self._hosts(manifests.one("StatefulSet"), replicas)

        def container(place: str, number: int, **options: Any) -> Container:
            (folder / place).mkdir()
            network = f"{self._id}-{number}"
            of = (root, folder / place, manifests, known)
            return Container(*of, network=network, hosts=hosts, **options)

        self._container = container
        self._jobs = {each["metadata"]["name"]: each for each in manifests.all("Job")}
        self.nodes = [
            container(str(n), n, ordinal=n, cgroup=cgroup)
            for n, cgroup in zip(range(replicas), cgroups, strict=False)
        ]

    def _hosts(self, stateful_set: Mapping[str, Any], replicas: int) -> str:
        name, service = stateful_set["metadata"]["name"], stateful_set["spec"]["serviceName"]
        domain = f"{service}.market.svc.cluster.local"
        nodes = [f"{self.address(n)} {name}-{n}.{domain}" for n in range(replicas)]
        return "\n".join(["127.0.0.1 localhost", *nodes])

    def __enter__(self) -> Self:
        try:
            self._connect()
        except BaseException:
            self.close()
            raise
        return self

    def start(self) -> Self:
        """Start all nodes, the first one last, and wait until they are one cluster."""
        for node in reversed(self.nodes):
            if not node.running:
                node.start()
        try:
            self.await_running(range(len(self.nodes)))
        except AssertionError as error:
            for node in self.nodes:
                error.add_note(f"{node.name}:\n{node.log()}")
            raise
        return self

    def restore(self) -> Self:
        """Make one cluster of all nodes, whatever has become of them, with no queue of a test.

        The first node keeps its data, if any node runs. A node that is no member any more joins
        again without data.
        """
        if any(node.running for node in self.nodes):
            self._repair()
        else:
            self.clear()
        self.start()
        queues = set(self.evaluate(0, _QUEUES).split()) - {"ok", *_OF_THE_CHART}
        with self.connect(0) as connection:
            for queue in queues:
                connection.channel().queue_delete(queue)
        # Those of the chart, too: a first node that is quicker declares them without the others.
        self.evaluate(0, _GROW)
        becomes(lambda: self.evaluate(0, _WITHOUT_VOTER), "[]", _BOOT_SECONDS)
        return self

    def _repair(self) -> None:
        """End the nodes that have to start again: those that left, and those in maintenance."""
        if not self.nodes[0].running:
            self.nodes[0].start()
        self.await_connection(0)
        members = self.evaluate(0, _MEMBERS).split()
        for number, node in enumerate(self.nodes):
            if self.name(number) not in members:
                node.kill()
                node.lose_data()
        # A start ends maintenance. `revive` may leave members of queues without a leader stopped.
        in_maintenance = self.evaluate(0, _IN_MAINTENANCE).split()
        for number, node in enumerate(self.nodes):
            if self.name(number) in in_maintenance:
                node.kill()

    def clear(self) -> Self:
        """End all nodes and remove their data."""
        for node in self.nodes:
            node.kill()
            node.lose_data()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connect(self) -> None:
        _ip(f"link add {self._id} type bridge")
        _ip(f"addr add {self._subnet}.1/24 dev {self._id}")
        _ip(f"link set {self._id} up")
        for number in range(len(self.nodes)):
            network = f"{self._id}-{number}"
            _ip(f"netns add {network}")
            _ip(f"link add {network} type veth peer name eth0 netns {network}")
            _ip(f"link set {network} master {self._id} up")
            _ip(f"-n {network} addr add {self.address(number)}/24 dev eth0")
            _ip(f"-n {network} link set eth0 up")
            _ip(f"-n {network} link set lo up")

    def close(self) -> None:
        for number, node in enumerate(self.nodes):
            node.kill()
            _ip(f"netns delete {self._id}-{number}", check=False)
        _ip(f"link delete {self._id}", check=False)

    def await_running(self, numbers: Sequence[int]) -> None:
        """Wait until each of these nodes sees as many running members.

        A node that ends meanwhile is started again, as a kubelet does.
        """

        def members_seen_by(number: int) -> str:
            for each in numbers:
                if not self.nodes[each].running:
                    self.nodes[each].start()
            if not self.connects(number):
                return "no connection"
            try:
                return self.evaluate(number, _RUNNING)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                # It has ended again, or is busy.
                return str(error.stderr or error)

        for number in numbers:
            becomes(lambda n=number: members_seen_by(n), str(len(numbers)), 2 * _BOOT_SECONDS)

    def await_connection(self, number: int) -> None:
        becomes(lambda: self.connects(number), expected=True, seconds=_BOOT_SECONDS)

    def address(self, number: int) -> str:
        return f"{self._subnet}.{number + 2}"

    def name(self, number: int) -> str:
        return f"rabbit@{self.nodes[number].host}"

    def job(self, task: str, **environment: str) -> tuple[int, str]:
        """Run a Job beside the first node; return its exit code and what it printed."""
        job = self._jobs[f"shop-rabbitmq-{task}"]
        container = self._container(task, 0, job=job, environment=environment)
        container.start()
        return container.wait(_BOOT_SECONDS), container.log()

    def run(self, number: int, *command: str, seconds: float = 120) -> str:
        """Return what a command prints in a node's container; raises CalledProcessError."""
        return self.nodes[number].exec(*command, seconds=seconds)

    def evaluate(self, number: int, expression: str) -> str:
        """Return what an Erlang expression is on a node."""
        return self.run(number, "rabbitmqctl", "--silent", "eval", expression).strip()

    def connect(self, number: int, **options: Any) -> amqp.Connection:
        """Return an open connection of the administrator."""
        connection = amqp.Connection(
            f"{self.address(number)}:5672",
            userid="admin",
            password=self._password,
            connect_timeout=60,
            read_timeout=60,
            **options,
        )
        connection.connect()
        return connection

    def fill(self, number: int, queue: str, kind: str, messages: int, body: bytes) -> None:
        """Publish to a queue on a node, which becomes its leader if the queue is new."""
        with self.connect(number) as connection:
            channel = connection.channel()
            channel.confirm_select()
            arguments = {"x-queue-type": kind}
            channel.queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)
            for _ in range(messages):
                message = amqp.Message(body, delivery_mode=2)
                channel.basic_publish_confirm(message, routing_key=queue)

    def connects(self, number: int) -> bool:
        try:
            self.connect(number).close()
        except (OSError, amqp.AMQPError):
            return False
        return True


def _ip(command: str, *, check: bool = True) -> None:
    subprocess.run(["ip", *command.split()], check=check, capture_output=not check)
