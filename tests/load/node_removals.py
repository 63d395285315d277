"""Nodes of charts/rabbitmq are removed from three to one again and again, while messages arrive.

``python -m tests.load.node_removals [--times 20] [--minutes 18]`` uses the cluster of `make
cluster` or starts one. Each round adds two nodes, starts a publisher, removes two nodes as the
chart describes and lowers `replicas`; it prints the members of the queue after each step. Ends with
1 if a message that the broker confirmed is missing, and with an exception if a step fails.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping

from devcluster import say
from devcluster.choosing import cluster_for_tests
from mare.processes.command import CommandFailed
from tests.charts.helm import CHARTS
from tests.e2e.application import Application, job, namespace, program
from tests.e2e.release import pushed_images
from tests.e2e.shrinking import remove_nodes
from tests.load.operator_release import WORKER_URI
from tests.vhost import becomes, eventually

VALUES = CHARTS.parent / "tests/e2e/rabbitmq.yaml"
PER_ROUND, PER_SECOND = 400, 10
STEP_SECONDS = 300.0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--times", type=int, default=20)
    options.add_argument("--minutes", type=float, default=18.0, help="no round begins after that")
    arguments = options.parse_args()
    end = time.monotonic() + arguments.minutes * 60
    with cluster_for_tests() as cluster, namespace(cluster, "removals") as name:
        images = pushed_images(cluster)
        broker = Broker(Application(cluster, name, "rabbitmq"), images)
        broker.set_replicas(1)
        rounds = 0
        while rounds < arguments.times and time.monotonic() < end:
            broker.add_and_remove_nodes(rounds)
            rounds += 1
        missing = broker.missing(rounds * PER_ROUND)
    sys.stdout.write(f"{rounds} removals, {rounds * PER_ROUND} messages, {missing}\n")
    sys.exit(missing != "missing: []")


class Broker:
    """A release of the chart; its queue `work` has no consumer before `missing`."""

    def __init__(self, application: Application, images: Mapping[str, str]) -> None:
        self._application = application
        self._image = images["services"]
        self._repository, _, self._tag = images["rabbitmq"].rpartition(":")
        programs, self._recorder = program(
            self._image, "recorder", ["recorder.py"], AMQP_URI=WORKER_URI, SECONDS_PER_MESSAGE="0"
        )
        application.apply(programs)

    def set_replicas(self, replicas: int) -> None:
        self._application.cluster.helm(
            *("upgrade", "--install", "rabbitmq", str(CHARTS / "rabbitmq"), "--wait"),
            *("--namespace", self._application.namespace, "--values", str(VALUES)),
            *("--timeout=8m", f"--set=replicas={replicas},image.repository={self._repository}"),
            f"--set-string=image.tag={self._tag}",
            seconds=500,
        )

    def add_and_remove_nodes(self, number: int) -> None:
        """Add two nodes and remove them; messages are published during the removal."""
        began = time.monotonic()

        def record(step: str) -> None:
            say(f"{number + 1}: {step} after {time.monotonic() - began:.0f} s: {self._members()}")

        def lower(replicas: int) -> None:
            record("removed")
            becomes(lambda: list(self._members()), ["rabbitmq-0"], STEP_SECONDS)
            self.set_replicas(replicas)

        self.set_replicas(3)
        publish = ["publisher.py", str(PER_ROUND), str(PER_SECOND), str(number * PER_ROUND)]
        publisher = f"publisher-{number}"
        self._application.apply(job(self._image, publisher, publish, AMQP_URI=WORKER_URI))
        self._wait("jsonpath={.status.ready}=1", publisher)
        becomes(lambda: list(self._members().values()), ["voter"] * 3, STEP_SECONDS)
        record("added")
        remove_nodes(self._application, lower)
        record("lowered")
        becomes(lambda: list(self._members()), ["rabbitmq-0"], STEP_SECONDS)
        self._wait("condition=complete", publisher)
        confirmed = (number + 1) * PER_ROUND
        eventually(lambda: self._messages() >= confirmed, STEP_SECONDS)

    def missing(self, messages: int) -> str:
        """Consume all messages and return the line that names those that are missing."""
        count = ["counter.py", str(messages)]
        self._application.apply(
            self._recorder, job(self._image, "counter", count, AMQP_URI=WORKER_URI)
        )
        self._wait("condition=complete", "counter")
        return self._application.kubectl("logs", "job/counter").splitlines()[-1]

    def _wait(self, condition: str, name: str) -> None:
        self._application.kubectl(
            *("wait", f"--for={condition}", f"job/{name}", f"--timeout={STEP_SECONDS:.0f}s"),
            seconds=STEP_SECONDS + 10,
        )

    def _members(self) -> dict[str, str]:
        """Return the membership of each node in the queue, {} while there is no answer."""
        rows = self._read("rabbitmq-queues", "quorum_status", "work")
        return {_pod(row["Node Name"]): row["Membership"] for row in rows}

    def _messages(self) -> int:
        """Return the messages in the queue, which the broker counts every 5 s."""
        rows = self._read("rabbitmqctl", "list_queues", "name", "messages")
        return sum(row["messages"] for row in rows if row["name"] == "work")

    def _read(self, *command: str) -> list[dict[str, object]]:
        shell = ("exec", "rabbitmq-0", "--", *command, "--silent", "--formatter=json")
        try:
            return json.loads(self._application.kubectl(*shell))
        except CommandFailed:  # a node that has just started may not answer yet
            return []


def _pod(node: str) -> str:
    """Return POD of rabbit@POD.SERVICE..."""
    return node.partition("@")[2].partition(".")[0]


if __name__ == "__main__":
    main()
