"""The composition root of `mare demo`."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files

import aiormq
from aiormq.abc import AbstractChannel

from mare.demo.screen import ProgressTerminal, WorkerEvents
from mare.demo.settings import QUEUE, SERVICE_SECONDS, WAIT_SECONDS, WORKERS, arrivals
from mare.demo.tally import Tally, report
from mare.demo.worker import PUBLISHED
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
        NoBroker: There is no RabbitMQ on this machine. The text names what to install.
        BrokerFailed: RabbitMQ does not start.
    """
    terminal = ProgressTerminal()
    terminal.paragraphs(
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
        options = RunOptions(dashboard_port=dashboard_port, statistics_seconds=STATISTICS_SECONDS)
        demo = _Demo(most, terminal, events, tally)
        asyncio.run(demo.run(_plan(node, most), options, node.amqp_uri))
    terminal.write()
    terminal.paragraphs(report(tally, most, events.start_seconds))


def _plan(node: PrivateNode, most: int) -> Plan:
    environment = {
        **os.environ,
        "PYTHON": sys.executable,
        "AMQP_URI": node.amqp_uri,
        "MANAGEMENT_URI": node.management_uri,
    }
    with as_file(files("mare.demo").joinpath("stack.yaml")) as file:
        return read_files([file], environment, most=most, set_by="the limit of the demo (--max)")


@dataclass(frozen=True, slots=True)
class _Demo:
    most: int
    terminal: ProgressTerminal
    events: WorkerEvents
    tally: Tally

    async def run(self, plan: Plan, options: RunOptions, uri: str) -> None:
        def show_dashboard(url: str | None) -> None:
            self.terminal.paragraphs(f"\nOpen  {url}  to see each decision and its reason.\n")

        async with _opened(uri) as channel:
            await run_plan(
                plan,
                self.terminal,
                self.events,
                options,
                show_dashboard,
                during=lambda workloads: self._load(channel, workloads),
            )

    async def _load(self, channel: AbstractChannel, workloads: ProcessWorkloads) -> None:
        """Publish the load and show its progress; return when all messages have been started."""
        tally, start = self.tally, time.monotonic()
        self.terminal.restart_clock()  # the progress has the same
        moments = arrivals(tally.seconds, self.most)
        publishing = asyncio.create_task(_publish(channel, moments, tally.published.append))
        try:
            while True:
                sessions = workloads.sessions()
                self.events.running(set(sessions.values()))
                tally.advance(time.monotonic() - start, len(sessions))
                self.terminal.progress(tally)
                if publishing.done():
                    publishing.result()
                    if tally.elapsed >= tally.seconds and tally.waiting <= 0:
                        return
                await asyncio.sleep(_REFRESH_SECONDS)
        finally:
            publishing.cancel()
            self.terminal.end_progress()


@asynccontextmanager
async def _opened(uri: str) -> AsyncIterator[AbstractChannel]:
    connection = await aiormq.connect(uri)
    try:
        channel = await connection.channel(publisher_confirms=False)
        await channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        yield channel
    finally:
        await connection.close()


async def _publish(
    channel: AbstractChannel,
    moments: Sequence[float],
    on_published: Callable[[float], None],
) -> None:
    """Publish a message at each of the moments, which are sorted seconds from now."""
    start = time.monotonic()
    for moment in moments:
        await asyncio.sleep(max(0.0, start + moment - time.monotonic()))
        now = time.monotonic()
        on_published(now - start)
        await channel.basic_publish(
            b"",
            routing_key=QUEUE,
            properties=aiormq.spec.Basic.Properties(headers={PUBLISHED: repr(now)}),
        )
