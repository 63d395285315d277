"""The composition root of `mare demo`."""

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from importlib.resources import as_file, files

from aiormq.abc import AbstractChannel

from mare.demo.publisher import opened, publish
from mare.demo.report import report
from mare.demo.screen import ProgressTerminal, WorkerEvents
from mare.demo.settings import SERVICE_SECONDS, WAIT_SECONDS, WORKERS, arrivals
from mare.demo.tally import Tally
from mare.local_run.plan import Plan, read_files
from mare.local_run.run import RunOptions
from mare.local_run.run import run as run_plan
from mare.local_run.terminal import log_to_terminal
from mare.local_run.workloads import ProcessWorkloads
from mare.private_broker import OLDEST_TO_RUN, NoBroker, installed_broker
from mare.private_broker.config import STATISTICS_SECONDS
from mare.private_broker.node import PrivateNode

_REFRESH_SECONDS = 0.1
_NO_BROKER = (
    "The demo needs a RabbitMQ on this machine: install the package rabbitmq-server (3.10 or"
    " later), or start Docker."
)


def run(*, seconds: float, most: int, dashboard_port: int | None) -> None:
    """Run the demo until its load ends or a signal comes; print what happened.

    Raises:
        NoBroker: There is no RabbitMQ on this machine. The text says what to install.
        BrokerFailed: RabbitMQ does not start.
    """
    terminal = ProgressTerminal()
    terminal.write(
        f"A private RabbitMQ, {seconds:g} s of load, and up to {most} replicas of a worker.\n"
        f"A replica needs {SERVICE_SECONDS:g} s for a message and handles {WORKERS} at a time.\n"
        f"Maré aims at waits below {WAIT_SECONDS:g} s for 95 % of the messages."
        " Ctrl-C ends the demo.\n"
    )
    program = installed_broker(OLDEST_TO_RUN, lambda line: terminal.show("broker", line))
    if program is None:
        raise NoBroker(_NO_BROKER)
    terminal.show("broker", f"starting {program.description}")
    tally = Tally(seconds)
    events = WorkerEvents(terminal, tally)
    with PrivateNode(program) as node:
        terminal.show("broker", f"ready on port {node.ports.amqp}")
        log_to_terminal(terminal)
        demo = _Demo(
            plan=_plan(node, most),
            options=RunOptions(
                dashboard_port=dashboard_port, statistics_seconds=STATISTICS_SECONDS
            ),
            most=most,
            terminal=terminal,
            events=events,
            tally=tally,
        )
        asyncio.run(demo.run(node.amqp_uri))
    terminal.write()
    terminal.write(report(tally, most, events.start_seconds))


def _plan(node: PrivateNode, most: int) -> Plan:
    environment = {
        **os.environ,
        "PYTHON": sys.executable,
        "AMQP_URI": node.amqp_uri,
        "MANAGEMENT_URI": node.management_uri,
    }
    with as_file(files("mare.demo").joinpath("stack.yaml")) as file:
        return read_files([file], environment, most=most)


@dataclass(slots=True, kw_only=True)
class _Demo:
    plan: Plan
    options: RunOptions
    most: int
    terminal: ProgressTerminal
    events: WorkerEvents
    tally: Tally

    async def run(self, uri: str) -> None:
        async with opened(uri) as channel:
            await run_plan(
                self.plan,
                self.terminal,
                self.events,
                self.options,
                self._show_dashboard,
                during=lambda workloads: self._load(channel, workloads),
            )

    def _show_dashboard(self, url: str | None) -> None:
        self.terminal.write(f"\nOpen  {url}  to see each decision and its reason.\n")

    async def _load(self, channel: AbstractChannel, workloads: ProcessWorkloads) -> None:
        """Publish the load and show its progress; return when all messages have been started."""
        tally, start = self.tally, time.monotonic()
        moments = arrivals(tally.seconds, self.most)
        publishing = asyncio.create_task(publish(channel, moments, tally.published.append))
        try:
            while True:
                sessions = workloads.sessions()
                self.events.running(set(sessions.values()))
                tally.advance(time.monotonic() - start, len(sessions))
                self.terminal.progress(tally.progress(), tally.elapsed)
                if publishing.done():
                    publishing.result()
                    if tally.elapsed >= tally.seconds and tally.waiting <= 0:
                        return
                await asyncio.sleep(_REFRESH_SECONDS)
        finally:
            publishing.cancel()
            self.terminal.end_progress()
