"""How fast a service empties its queue: stock Nameko against the runtime, one run, one machine.

    python -m tests.load.bench_runtime

Fills ``rpc-worker`` with 5,000 requests, starts the service, and takes the time from the first
answer to the last. The two take turns, so that a machine that gets busy slows both. Ends with the
ratio of the medians, and with 1 if the runtime is more than 10 % slower.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import amqp

from tests.broker_node import Node
from tests.debian_rabbitmq import broker_to_test
from tests.integration.runtime.launching import Flavour, Launched
from tests.load.printing import print_line
from tests.vhost import Vhost

REQUESTS = 5_000
ROUNDS = 3
SLOWEST_RATIO = 0.9
FLAVOURS: tuple[Flavour, ...] = ("stock", "runtime")


def answers_per_second(flavour: Flavour, vhost: Vhost, folder: Path) -> float:
    """Return the rate at which a fresh process answers a full queue."""
    with vhost.connect() as connection:
        channel = connection.channel()
        _fill(channel, connection.drain_events)
        arrivals: list[float] = []
        answers = channel.queue_declare(exclusive=True, arguments={"x-queue-type": "classic"}).queue
        channel.queue_bind(answers, "nameko-rpc", "answers")
        channel.basic_consume(
            answers, no_ack=True, callback=lambda _: arrivals.append(time.perf_counter())
        )
        service = Launched(flavour, "Worker", vhost.amqp_uri, folder)
        try:
            while len(arrivals) < REQUESTS:
                connection.drain_events(timeout=30)
        finally:
            service.kill()
        return (REQUESTS - 1) / (arrivals[-1] - arrivals[0])


def _fill(channel: amqp.Channel, read: Callable[[], object]) -> None:
    channel.exchange_declare("nameko-rpc", "topic", durable=True, auto_delete=False)
    channel.queue_declare("rpc-worker", durable=True, auto_delete=False)
    channel.queue_bind("rpc-worker", "nameko-rpc", "worker.*")
    channel.confirm_select()
    confirmed = 0

    def note(sequence: int, _: object) -> None:
        nonlocal confirmed
        confirmed = max(confirmed, sequence)

    channel.events["basic_ack"].add(note)
    body = json.dumps({"args": [{"city": "Recife"}], "kwargs": {}})
    for number in range(1, REQUESTS + 1):
        request = amqp.Message(
            body,
            content_type="application/json",
            content_encoding="utf-8",
            reply_to="answers",
            correlation_id=str(number),
        )
        channel.basic_publish(request, "nameko-rpc", "worker.echo")
        while confirmed < number - 500 or confirmed < number == REQUESTS:
            read()


def main() -> int:
    """Run the benchmark and return the exit code."""
    rates: dict[Flavour, list[float]] = {flavour: [] for flavour in FLAVOURS}
    with Node(broker_to_test()) as node, tempfile.TemporaryDirectory() as folder:
        vhost = Vhost(node, "bench")
        for _ in range(ROUNDS):
            for flavour in FLAVOURS:
                rate = answers_per_second(flavour, vhost, Path(folder))
                rates[flavour].append(rate)
                print_line(f"{flavour:8} {rate:6.0f} answers/s")
    stock, runtime = (statistics.median(rates[flavour]) for flavour in FLAVOURS)
    print_line(f"stock {stock:.0f}/s, runtime {runtime:.0f}/s, ratio {runtime / stock:.2f}")
    return 0 if runtime / stock >= SLOWEST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
