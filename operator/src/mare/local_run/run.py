"""The composition root of `mare local`: the operator's loop over processes, until a signal."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from mare import dashboard, probes
from mare.background import background
from mare.broker.brokers import SecretBrokers
from mare.broker.networks import ANY_NETWORK
from mare.clock import SteadyClock
from mare.custom_resource.autoscaler import ScaleTarget
from mare.local_run.broker_secrets import StaticSecrets
from mare.local_run.connection_owners import ConnectionOwners
from mare.local_run.plan import Plan
from mare.local_run.startup import Startup
from mare.local_run.terminal import Terminal, TerminalObjects
from mare.local_run.workloads import ProcessWorkloads
from mare.loop.loop import Loop
from mare.loop.metrics import Metrics
from mare.loop.pace import Pace
from mare.loop.record import Record
from mare.ports import SoleReplica
from mare.processes import Events
from mare.processes.tcp_ports import is_free

HOST = "127.0.0.1"
DASHBOARD_PORT = 8081
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    dashboard_port: int | None = 8081
    """None disables the dashboard; 0 takes any free port."""
    metrics_port: int | None = None
    """Port of /livez, /readyz and /metrics; None disables them."""
    statistics_seconds: float = 5.0
    """Interval of reading a broker's statistics. RabbitMQ updates them every 5 s by default."""
    give_up_after: int | None = None
    """Number of ends of a first process, never ready, after which `run` raises `NotReady`; None
    waits without a limit."""


async def run(
    plan: Plan,
    terminal: Terminal,
    events: Events,
    options: RunOptions,
    on_ready: Callable[[str | None], None],
    *,
    during: Callable[[ProcessWorkloads], Awaitable[None]] | None = None,
) -> None:
    """Start all programs, scale them, and stop them at a signal; a second signal kills them.

    `on_ready` is called with the URL of the dashboard when each program has a ready process.
    `during` runs from then on; all programs are stopped when it ends. Without it they run until a
    signal. Raises `mare.local_run.startup.NotReady`.
    """
    metrics = Metrics(record := Record())
    workloads = ProcessWorkloads(plan.programs, events, metrics.killed.inc)
    stopping = _stop_at_signal(workloads, terminal)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(_stop, workloads, plan, terminal)
        workloads.start()
        loop, url = await stack.enter_async_context(
            _scaling(plan, workloads, terminal, options, record, metrics)
        )
        startup = Startup(plan, workloads, loop.put, terminal, options.give_up_after)

        async def work() -> None:
            await startup.run()
            on_ready(url)
            await (during(workloads) if during else stopping.wait())

        tasks = [asyncio.create_task(work()), asyncio.create_task(stopping.wait())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


def _stop_at_signal(workloads: ProcessWorkloads, terminal: Terminal) -> asyncio.Event:
    """Return an event that the first signal sets. Each further signal kills all processes."""
    stopping = asyncio.Event()
    kills: list[asyncio.Task[None]] = []

    def handle() -> None:
        if stopping.is_set():
            kills.append(asyncio.create_task(workloads.kill()))
        else:
            terminal.show("mare", "stopping all commands; press Ctrl-C again to kill them")
        stopping.set()

    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, handle)
    return stopping


async def _stop(workloads: ProcessWorkloads, plan: Plan, terminal: Terminal) -> None:
    for program in reversed(plan.programs):
        await workloads.stop(program.name)
        terminal.show(program.name, "stopped")


@asynccontextmanager
async def _scaling(  # noqa: PLR0917
    plan: Plan,
    workloads: ProcessWorkloads,
    terminal: Terminal,
    options: RunOptions,
    record: Record,
    metrics: Metrics,
) -> AsyncIterator[tuple[Loop, str | None]]:
    async with AsyncExitStack() as stack:
        clock = SteadyClock()
        brokers = SecretBrokers(
            StaticSecrets(plan.secrets),
            clock,
            statistics_seconds=options.statistics_seconds,
            secret_seconds=3600,
            networks=ANY_NETWORK,
            replica_at=ConnectionOwners(workloads.sessions).process_at,
        )
        stack.push_async_callback(brokers.close)
        loop = Loop(
            brokers=brokers,
            workloads=workloads,
            objects=TerminalObjects(terminal),
            conflicts=NoConflicts(),
            leadership=SoleReplica(),
            clock=clock,
            record=record,
            metrics=metrics,
            pace=Pace(),
        )
        url = None
        if options.dashboard_port is not None:
            port = await stack.enter_async_context(
                dashboard.served(
                    HOST,
                    options.dashboard_port,
                    record=record,
                    ticked_at=lambda: loop.ticked_at,
                    clock=clock,
                )
            )
            url = f"http://{HOST}:{port}/"
        if options.metrics_port is not None:
            await stack.enter_async_context(
                probes.served(
                    HOST,
                    options.metrics_port,
                    liveness_failure=lambda: probes.find_liveness_failure(loop, clock()),
                    ready=lambda: True,
                    registry=metrics.registry,
                )
            )
        await stack.enter_async_context(background(workloads.watch()))
        await stack.enter_async_context(background(loop.run()))
        yield loop, url


def dashboard_port(given: int | None = None) -> int:
    """Return the given port, else 8081; 0, which takes any free port, if that is not free."""
    return given if given is not None else DASHBOARD_PORT if is_free(DASHBOARD_PORT) else 0


class NoConflicts:
    """Finds no conflicts: a file with two autoscalers for one command is rejected before."""

    def find(self, target: ScaleTarget) -> str | None:  # noqa: ARG002
        return None
