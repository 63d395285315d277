"""The kinds of consumers: their queues, their program, their load and their QueueAutoscaler."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.integration.local.test_celery_page import block
from tests.load.consumers import loads
from tests.load.consumers.loads import CLASSIC, DELAYED, Load, messages, ten_a_second
from tests.load.consumers.worker import QUEUE

_WORKER = (sys.executable, str(Path(__file__).with_name("worker.py")))
_QUORUM = {"x-queue-type": "quorum"}
_STREAM = {"x-queue-type": "stream"}
_DELAY = {**CLASSIC, "x-message-ttl": 60_000, "x-dead-letter-exchange": ""}
_ONE_WORKER = {"type": "MaximumConcurrency", "workersPerReplica": 1}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One row of docs/measurements/consumers.md."""

    about: str
    """The consumer and its load."""
    load: Callable[[Load], None] = ten_a_second
    seconds: int = 300
    mode: str = "acknowledge"
    """Of worker.py."""
    environment: Mapping[str, str] = field(default_factory=dict)
    queues: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {QUEUE: _QUORUM})
    """Arguments of the queues that exist before the consumers start, by name."""
    auto_delete: bool = False
    spec: Mapping[str, Any] = field(default_factory=dict)
    """What differs from QueueWaitTime of 2 s with 1 to 50 replicas."""
    workloads: tuple[str, ...] = ("worker",)
    statistics: str | None = "management-uri"
    """The key of the Secret with the source of the statistics; None with AMQP alone."""
    has_probe: bool = False
    """Whether a replica is ready only when it consumes. Without a probe its process is."""

    def declare(self, channel: Any) -> None:
        for name, arguments in self.queues.items():
            channel.queue_declare(
                name,
                durable=not self.auto_delete,
                auto_delete=self.auto_delete,
                arguments=dict(arguments),
            )

    def command(self, folder: Path) -> Mapping[str, Any]:
        """Return the command of `mare local`."""
        probe = {"ready": {"portVariable": "READY_PORT"}} if self.has_probe else {}
        return {"run": [*_WORKER, self.mode], "environment": dict(self.environment), **probe}


_RAISES = """
from kombu.transport.pyamqp import Transport
Transport.qos_semantics_matches_spec = lambda *_: False
"""
"""kombu raises the prefetch count for each held task, as it does with RabbitMQ before 4.0."""


@dataclass(frozen=True, kw_only=True)
class CeleryKind(Kind):
    """Workers with the settings of docs/celery.md."""

    raises_prefetch: bool = False

    def command(self, folder: Path) -> Mapping[str, Any]:
        program = block("python", "shop.py").replace("sleep(2)", "sleep(0.1)")
        changed = f'task_default_queue_type="classic", task_default_queue="{QUEUE}",'
        program = program.replace('task_default_queue_type="quorum",', changed)
        (folder / "shop.py").write_text(program + _RAISES * self.raises_prefetch)
        name = "worker-$MARE_NUMBER@%h"
        options = ["worker", "--concurrency", "1", "--hostname", name]
        return {"run": [sys.executable, "-m", "celery", "-A", "shop", *options], "stopSeconds": 30}


KINDS: Mapping[str, Kind] = {
    "prefetch-1": Kind(about="prefetch 1, 10 messages/s of 0.2 s", seconds=180),
    "priority": Kind(
        about="priority queue, 10 messages/s of 0.2 s",
        load=loads.of_all_priorities,
        queues={QUEUE: {**CLASSIC, "x-max-priority": 10}},
        seconds=150,
    ),
    "basic-get": Kind(
        about="`basic.get` in a loop, 10 messages/s of 0.2 s", mode="poll", seconds=180
    ),
    "no-ack": Kind(about="`no_ack`, 10 messages/s of 0.2 s", mode="no-ack", seconds=180),
    "single-active": Kind(
        about="single active consumer, 8 messages/s of 0.2 s",
        load=messages(8),
        queues={QUEUE: {**_QUORUM, "x-single-active-consumer": True}},
        seconds=150,
    ),
    "two-workloads": Kind(
        about="two workloads on one queue, 20 messages/s of 0.2 s",
        load=messages(20),
        workloads=("first", "second"),
        seconds=720,
    ),
    "stream": Kind(about="stream, 10 messages/s", queues={QUEUE: _STREAM}, seconds=60),
    "exclusive": Kind(
        about="queue exclusive to the connection of a replica, 10 messages/s of 0.2 s",
        mode="exclusive",
        queues={},
        seconds=60,
    ),
    "redeclared": Kind(
        about="queue that is deleted, and declared again 20 s later, 10 messages/s of 0.2 s",
        load=loads.redeclared,
        queues={QUEUE: CLASSIC},
        seconds=160,
    ),
    "purge": Kind(
        about="3,000 messages of 1 s, purged after 30 s",
        load=loads.purged,
        environment={"TAKES": "1"},
        spec={"maxReplicas": 10},
        seconds=100,
    ),
    "message-ttl": Kind(
        about="`x-message-ttl` 3 s, 20 messages/s of 0.2 s, `maxReplicas` 2",
        load=messages(20),
        queues={QUEUE: {**CLASSIC, "x-message-ttl": 3_000}},
        spec={"maxReplicas": 2},
        seconds=150,
    ),
    "delay-queue": Kind(
        about="delay queue, 6 messages/s that wait for 60 s, 0.2 s of work",
        load=loads.delayed,
        queues={QUEUE: CLASSIC, DELAYED: {**_DELAY, "x-dead-letter-routing-key": QUEUE}},
        spec={"queues": [{"pattern": f"{QUEUE}*"}]},
        seconds=240,
    ),
    "celery-countdown": CeleryKind(
        about="Celery, 200 tasks with a countdown and 2 tasks/s of 0.1 s, `maxReplicas` 10",
        load=loads.countdowns,
        queues={QUEUE: {}},  # as Celery declares a classic queue
        spec={"target": _ONE_WORKER, "maxReplicas": 10},
        seconds=240,
    ),
    "celery-raised": CeleryKind(
        about="the same, with a prefetch count that Celery raises for each of these tasks",
        load=loads.countdowns,
        queues={QUEUE: {}},
        raises_prefetch=True,
        spec={"target": _ONE_WORKER, "maxReplicas": 10},
        seconds=240,
    ),
    "batches": Kind(
        about="one acknowledgement for 1,000 messages, 10 messages/s of 0.01 s",
        mode="batches",
        environment={"TAKES": "0.01"},
        seconds=300,
    ),
    "requeued": Kind(
        about="3 messages that are requeued after 75 ms, beside 2 messages/s of 1 s",
        load=loads.poisoned,
        environment={"TAKES": "1"},
        queues={QUEUE: CLASSIC},
        seconds=300,
    ),
    "requeued-quorum": Kind(
        about="the same in a quorum queue",
        load=loads.poisoned,
        environment={"TAKES": "1"},
        seconds=180,
    ),
    "expires": Kind(
        about="quorum queue with `x-expires` 20 s, no message",
        load=loads.nothing,
        queues={QUEUE: {**_QUORUM, "x-expires": 20_000}},
        spec={"minReplicas": 0},
        seconds=80,
    ),
    "expires-prometheus": Kind(
        about="the same with `prometheus-uri`",
        load=loads.nothing,
        queues={QUEUE: {**_QUORUM, "x-expires": 20_000}},
        spec={"minReplicas": 0},
        statistics="prometheus-uri",
        seconds=120,
    ),
    "expires-amqp": Kind(
        about="the same with AMQP alone, QueueLength with `excludeUnacknowledged`",
        load=loads.nothing,
        queues={QUEUE: {**_QUORUM, "x-expires": 20_000}},
        spec={
            "minReplicas": 0,
            "target": {
                "type": "QueueLength",
                "messagesPerReplica": 10,
                "excludeUnacknowledged": True,
            },
        },
        statistics=None,
        seconds=120,
    ),
    "auto-delete": Kind(
        about="auto-delete queue, no message",
        load=loads.nothing,
        queues={QUEUE: CLASSIC},
        auto_delete=True,
        spec={"minReplicas": 0},
        seconds=80,
    ),
    "purged-at-once": Kind(
        about="MessageRate, 5,000 messages that are published and purged within one sample",
        load=loads.purged_at_once,
        spec={"target": {"type": "MessageRate", "messagesPerSecondPerReplica": 5}},
        seconds=120,
    ),
    "never-ready": Kind(
        about="replicas that never consume, 10 messages/s",
        environment={"STARTS_AFTER": "86400"},
        has_probe=True,
        seconds=400,
    ),
    "crash-loop": Kind(
        about="replicas that consume for 2 s and crash, 10 messages/s of 0.2 s",
        mode="crash",
        has_probe=True,
        seconds=300,
    ),
    "slow-start": Kind(
        about="replicas that start in 60 s, 10 messages/s of 0.125 s",
        environment={"STARTS_AFTER": "60", "TAKES": "0.125"},
        has_probe=True,
        seconds=300,
    ),
}
