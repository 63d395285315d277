"""What Maré does for a kind of consumer: the operator's decisions over processes and RabbitMQ 4.

``python -m tests.load.consumers prefetch-1`` starts a broker with statistics every 5 s, as many
consumers as the QueueAutoscaler of the kind asks for, and its load, all on this machine. It prints
the replicas, the sentences and the conditions, and at the end the row for
docs/measurements/consumers.md. ``--list`` prints the kinds.
"""

import argparse
import asyncio
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pika
import yaml

from mare.custom_resource.condition import Condition
from mare.domain.unknown import Unknown, known
from mare.local_run import run as local_run
from mare.local_run.plan import Plan, read_plan
from mare.local_run.terminal import Terminal, TerminalEvents, log_to_terminal
from mare.loop.record import Record, View
from mare.ports import Scale
from mare.private_broker import config
from mare.private_broker import node as private_node
from tests.broker_node import Node
from tests.debian_rabbitmq import broker_to_test
from tests.load.consumers.kinds import KINDS, Kind
from tests.load.consumers.loads import Load
from tests.load.consumers.worker import QUEUE

_MAX_REPLICAS = 50
_SPEC = {
    "brokerRef": {"secretName": "rabbitmq"},
    "queues": [{"name": QUEUE}],
    "minReplicas": 1,
    "maxReplicas": _MAX_REPLICAS,
    "target": {"type": "QueueWaitTime", "waitSeconds": 2},
}
_STATISTICS_SECONDS = 5
_BOOT_SECONDS = 600.0
"""A run is of low priority, beside other work."""
_LOOK_SECONDS = 0.25
_DEPTH_SECONDS = 15
"""Between two lines with the depth of the queues."""
_USUAL = {
    *("Ready", "Able", "Fresh", "NoAlarm", "Safe", "NotPaused", "Visible", "NotMeasured"),
    *("Configured", "Suitable", "Sufficient", "EnoughReady"),
}
"""Reasons of conditions of which there is nothing to report."""
_REPEATED = {"Active", "Fallback", "Ready", "ScalingLimited"}
"""Types of conditions that repeat a decision or another condition."""


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    options.add_argument("kinds", nargs="*", metavar="KIND", help="one after the other")
    options.add_argument("--seconds", type=int, help="of the run; each kind has a default")
    options.add_argument("--until", metavar="REASON", help="end with a condition of this reason")
    options.add_argument("--list", action="store_true", help="print the kinds")
    given = options.parse_args()
    if given.list or not given.kinds or not KINDS.keys() >= set(given.kinds):
        for name, kind in KINDS.items():
            sys.stdout.write(f"{name:<18} {kind.seconds} s  {kind.about}\n")
        sys.exit(not given.list)
    with _node() as node:
        for name in given.kinds:
            seconds = given.seconds or KINDS[name].seconds
            sys.stdout.write(f"\n{_run(name, node, seconds, given.until)}\n\n")
            sys.stdout.flush()


def _run(name: str, node: Node, seconds: float, until: str | None) -> str:
    """Run a kind in a virtual host of its own; return its row."""
    kind, uri = KINDS[name], node.vhost_uri(name)
    node.management.call("PUT", "vhosts", name)
    with pika.BlockingConnection(pika.URLParameters(uri)) as connection:
        kind.declare(connection.channel())
    run = Run(kind, uri, seconds, until)
    with TemporaryDirectory() as folder:
        asyncio.run(run.run(_plan(kind, node, uri, Path(folder))))
    node.management.delete_vhost(name)
    return f"{run.row(name)}\nload average {os.getloadavg()[0]:.0f}"


@contextmanager
def _node() -> Iterator[Node]:
    """Start a broker that updates its statistics every 5 s, as RabbitMQ does by default."""
    of = {"STATISTICS_SECONDS": _STATISTICS_SECONDS, "_MILLISECONDS": 1_000 * _STATISTICS_SECONDS}
    with patch.multiple(config, **of):
        node = Node(broker_to_test())
    with patch.object(private_node, "_BOOT_SECONDS", _BOOT_SECONDS), node:
        yield node


def _plan(kind: Kind, node: Node, amqp_uri: str, folder: Path) -> Plan:
    command = {"folder": str(folder), **kind.command(folder)}
    documents: list[Mapping[str, Any]] = [{"commands": dict.fromkeys(kind.workloads, command)}]
    for name in kind.workloads:
        spec = {"scaleTargetRef": {"name": name}, **_SPEC, **kind.spec}
        version = {"apiVersion": "mare.dev/v1alpha1", "kind": "QueueAutoscaler"}
        documents.append({**version, "metadata": {"name": name}, "spec": spec})
    sources = {
        "management-uri": {"MANAGEMENT_URI": node.management_uri},
        "prometheus-uri": {"PROMETHEUS_URI": f"http://127.0.0.1:{node.ports.prometheus}"},
    }
    uris = {"AMQP_URI": amqp_uri, **(sources[kind.statistics] if kind.statistics else {})}
    return read_plan(
        [("consumers.yaml", yaml.safe_dump_all(documents))], os.environ | uris, most=_MAX_REPLICAS
    )


class Run:
    """A run of `mare local`, and what the record of its loop shows of it."""

    def __init__(self, kind: Kind, amqp_uri: str, seconds: float, until: str | None) -> None:
        self._kind, self._seconds, self._until = kind, seconds, until
        self._terminal = Terminal()
        self._record = Record()
        self._load = Load(amqp_uri)
        self._began: float | None = None
        self._counts: dict[str, list[tuple[float, int]]] = {}
        """Times and counts of each workload, one for each change."""
        self._conditions: dict[tuple[str, str], tuple[str, str]] = {}
        """The last status and reason by workload and type."""
        self._reported: dict[str, tuple[float, str]] = {}
        """Time and sentence of each bad condition and hint, by reason."""
        self._views: dict[str, View] = {}

    async def run(self, plan: Plan) -> None:
        log_to_terminal(self._terminal)
        events = TerminalEvents(self._terminal, quiet=self._kind.workloads)
        options = local_run.RunOptions(dashboard_port=None)
        load = threading.Thread(target=self._kind.load, args=[self._load])
        with patch.object(local_run, "Record", lambda: self._record):
            running = asyncio.create_task(
                local_run.run(plan, self._terminal, events, options, lambda _: None)
            )
            while not running.done() and not self._is_over():
                self._observe(load)
                await asyncio.sleep(_LOOK_SECONDS)
            self._load.ended.set()
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            load.join()

    def _is_over(self) -> bool:
        is_late = self._began is not None and time.monotonic() > self._began + self._seconds
        return is_late or self._until in self._reported

    def _observe(self, load: threading.Thread) -> None:
        """Record what is new. The run begins when each workload has been decided on."""
        if len(self._record.histories) < len(self._kind.workloads):
            return
        if self._began is None:
            self._began = time.monotonic()
            self._terminal.restart_clock()
            load.start()
        at = time.monotonic() - self._began
        for key, history in self._record.histories.items():
            view = self._views[key.name] = history.view
            self._observe_count(key.name, view, at)
            for condition in view.conditions:
                self._observe_condition(key.name, condition, at)
            if at % _DEPTH_SECONDS < _LOOK_SECONDS:
                self._terminal.show(key.name, _figures(view))

    def _observe_count(self, name: str, view: View, at: float) -> None:
        counts = self._counts.setdefault(name, [])
        replicas = view.scale.replicas if isinstance(view.scale, Scale) else None
        if replicas is not None and (not counts or counts[-1][1] != replicas):
            counts.append((at, replicas))

    def _observe_condition(self, name: str, condition: Condition, at: float) -> None:
        state = (condition.status, condition.reason)
        key = (name, condition.type)
        if self._conditions.get(key) == state:
            return
        was_reported = self._conditions.get(key, ("", "Ready"))[1] not in _USUAL
        self._conditions[key] = state
        if condition.type in _REPEATED or (condition.reason in _USUAL and not was_reported):
            return
        text = f"{condition.type} is {condition.status}: {condition.reason}, {condition.message}"
        self._terminal.show(name, text)
        if condition.reason not in _USUAL:
            self._reported.setdefault(condition.reason, (at, text))

    def row(self, name: str) -> str:
        """Return the row of the table, and the sentences below it."""
        counts = "; ".join(_path(counts) for counts in self._counts.values())
        command = f"`python -m tests.load.consumers {name} --seconds {self._seconds:g}`"
        lines = [f"| {self._kind.about} | {command} | {counts} |"]
        lines += [f"    {text} (from {at:.0f} s)" for at, text in self._reported.values()]
        for view in self._views.values():
            lines.append(f"    at the end: {view.decision.message if view.decision else ''}")
        return "\n".join(lines)


def _path(counts: list[tuple[float, int]]) -> str:
    return " → ".join(
        str(count) if number == 0 else f"{count} ({at:.0f} s)"
        for number, (at, count) in enumerate(counts)
    )


def _text(count: int | Unknown) -> str:
    return "unknown" if isinstance(count, Unknown) else f"{count:,}"


def _figures(view: View) -> str:
    queues = () if isinstance(view.reading.queues, Unknown) else view.reading.queues
    depths = [
        f"{each.name}: {_text(each.ready)} ready, {_text(each.unacknowledged)} unacknowledged,"
        f" {_text(each.consumers)} consumers"
        for each in queues
    ]
    estimates = view.estimates
    rate, capacity = known(estimates.arrival_rate, 0.0), known(estimates.capacity_per_replica, 0.0)
    replicas = view.scale.replicas if isinstance(view.scale, Scale) else "unknown"
    figures = f"{rate:.1f} messages/s arrive, a replica handles {capacity:.1f}"
    return "; ".join([f"{replicas} replicas", *depths, figures])


if __name__ == "__main__":
    main()
