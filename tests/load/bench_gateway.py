"""How fast services are called from Flask: one connection, a pool of proxies, one per request.

    python -m tests.load.bench_gateway [--seconds 8] [--rounds 3]

The same small Flask application, the same granian settings, the same trivial stock Nameko service,
32 clients; only the RPC client differs (``contenders.py``). The whole gateway is served as in
production. The contenders take turns, so that a machine that gets busy slows them all, and the
medians count. Once with the classic queues that stock Nameko gets from a stock RabbitMQ, once with
the quorum queues of our policies.

The targets are 2.5 times the requests of the pool, 0.3 of its p99, and 0.8 of what Flask and the
client allow: on two cores everything shares the processor, so the times of one request add up.
Ends with 1 below 1.5 times the pool, which no noise explains.
"""

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from mare.processes.tcp_ports import free_port
from tests.broker_node import Node
from tests.debian_rabbitmq import broker_to_test
from tests.load.load_generator import Measured, generator, raw_client
from tests.load.printing import print_line
from tests.vhost import Vhost, eventually

CLIENTS = 32
FOLDER = Path(__file__).parent
QUEUES = ("classic", "quorum")
CONTENDERS = (
    "multiplexed",
    "pooled",
    "per_request",
    "flask_alone",
    "whole_gateway",
    "cached_gateway",
)
PATH = "/v1/places?q=Recife&lang=pt"
PATHS = {"whole_gateway": PATH, "cached_gateway": PATH}
ASGI = ("--interface", "asginl", "--no-ws")
WSGI = ("--interface", "wsgi", "--blocking-threads", str(CLIENTS))
LEAST_OF_POOL = 2.5
MOST_OF_ITS_P99 = 0.3
LEAST_OF_RAW = 0.8
WORST_OF_POOL = 1.5


@dataclass(frozen=True, slots=True)
class Result:
    """Medians of all rounds; times in milliseconds."""

    queues: str
    contender: str
    per_second: float
    p50: float
    p99: float
    failed: int


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast services are called from Flask.")
    parser.add_argument("--seconds", type=int, default=5, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=2, help="measurements of each contender")
    options = parser.parse_args()
    results = []
    with Node(broker_to_test()) as node:
        for queues in QUEUES:
            results += measure(node, queues, options.seconds, options.rounds)
    verdicts = [verdict(results, queues) for queues in QUEUES]
    print_line(table(results))
    for each in verdicts:
        print_line(each.sentence)
    sys.exit(any(each.of_pool < WORST_OF_POOL for each in verdicts))


def measure(node: Node, queues: str, seconds: int, rounds: int) -> list[Result]:
    """Return the results of all contenders on one kind of queue."""
    vhost = virtual_host(node, queues)
    measured: dict[str, list[Measured]] = {name: [] for name in ("raw_client", *CONTENDERS)}
    with service(vhost):
        for _ in range(rounds):
            measured["raw_client"].append(raw_client(vhost.amqp_uri, CLIENTS, seconds))
            for contender in CONTENDERS:
                with serving(contender, vhost) as base:
                    url = base + PATHS.get(contender, "/")
                    measured[contender].append(generator(url, CLIENTS, seconds))
    return [median(queues, name, each) for name, each in measured.items()]


def virtual_host(node: Node, queues: str) -> Vhost:
    """Return a virtual host with our policies, or one as a stock RabbitMQ has it."""
    vhost = Vhost(node, f"bench-{queues}")
    if queues == "classic":
        vhost.delete()
        node.management.call("PUT", "vhosts", vhost.name, body={"default_queue_type": "classic"})
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        user = node.management.user
        node.management.call("PUT", "permissions", vhost.name, user, body=everything)
    return vhost


@contextmanager
def service(vhost: Vhost) -> Iterator[None]:
    command = [sys.executable, "-W", "ignore", FOLDER / "trivial_service.py", vhost.amqp_uri]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield
    finally:
        process.kill()
        process.communicate()


@contextmanager
def serving(contender: str, vhost: Vhost) -> Iterator[str]:
    """Serve a contender with granian and yield its address when it answers."""
    port = free_port()
    command = [
        *(sys.executable, "-W", "ignore", "-m", "granian", f"tests.load.contenders:{contender}"),
        *("--factory", "--http", "1", "--workers", "1", "--host", "127.0.0.1"),
        *(ASGI if contender in PATHS else WSGI),
        *("--port", str(port)),
        *("--log-level", "critical", "--workers-kill-timeout", "5"),
    ]
    environ = os.environ | {
        "AMQP_URI": vhost.amqp_uri,
        "GATEWAY_THREADS": str(CLIENTS + 8),
        "GATEWAY_MAX_IN_FLIGHT": str(CLIENTS),
    }
    process = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: _answers(base + PATHS.get(contender, "/")), 60)
        yield base
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).ok
    except requests.ConnectionError:
        return False


def median(queues: str, contender: str, measured: list[Measured]) -> Result:
    return Result(
        queues,
        contender,
        per_second=statistics.median(each.per_second for each in measured),
        p50=statistics.median(each.p50 for each in measured),
        p99=statistics.median(each.p99 for each in measured),
        failed=sum(each.failed for each in measured),
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the contenders compare on one kind of queue."""

    queues: str
    of_pool: float
    of_pools_p99: float
    of_per_request: float
    of_raw_client: float
    of_raw_client_and_flask: float

    @property
    def sentence(self) -> str:
        return (
            f"{self.queues} queues: one connection makes {self.of_pool:.2f} times the requests of "
            f"the pool (target {LEAST_OF_POOL}) at {self.of_pools_p99:.2f} of its p99 "
            f"(target {MOST_OF_ITS_P99}), {self.of_per_request:.0f} times those of a proxy per "
            f"request, {self.of_raw_client:.2f} of the raw client's and "
            f"{self.of_raw_client_and_flask:.2f} of what raw client and Flask allow one after the "
            f"other (target {LEAST_OF_RAW})."
        )


def verdict(results: list[Result], queues: str) -> Verdict:
    by_name = {result.contender: result for result in results if result.queues == queues}
    ours = by_name["multiplexed"]
    raw = by_name["raw_client"].per_second
    return Verdict(
        queues,
        of_pool=ours.per_second / by_name["pooled"].per_second,
        of_pools_p99=ours.p99 / by_name["pooled"].p99,
        of_per_request=ours.per_second / by_name["per_request"].per_second,
        of_raw_client=ours.per_second / raw,
        of_raw_client_and_flask=ours.per_second * (1 / raw + 1 / by_name["flask_alone"].per_second),
    )


def table(results: list[Result]) -> str:
    head = "queues   contender      requests/s   p50 ms   p99 ms  failed"
    lines = [
        f"{result.queues:8} {result.contender:14} {result.per_second:10.0f} {result.p50:8.1f} "
        f"{result.p99:8.1f} {result.failed:7}"
        for result in results
    ]
    return "\n".join([head, *lines])


if __name__ == "__main__":
    main()
