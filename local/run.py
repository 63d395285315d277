"""``python -m local.run``: the whole system on this machine until Ctrl-C."""

import asyncio
import base64
import os
import secrets
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from local.journal import Journal
from local.rabbitmq import Node, broker_to_run
from local.settings import PID_FILE, Settings
from mare.background import background
from mare.backoff import Backoff
from mare.documents.tree import InputError
from mare.local_run.plan import Plan, read_files
from mare.local_run.run import STOP_SIGNALS, RunOptions, dashboard_port
from mare.local_run.run import run as run_plan
from mare.local_run.startup import NotReady
from mare.local_run.terminal import Terminal, log_to_terminal
from mare.private_broker import NoBroker
from mare.private_broker.config import STATISTICS_SECONDS
from mare.private_broker.node import BrokerFailed
from mare.processes.command import CommandFailed
from mare.processes.tcp_ports import free_port, is_free
from mare_nameko.settings import SettingsError

_FILE = Path(__file__).with_name("stack.yaml")
_ANY_BROKER = {"AMQP_URI": "amqp://127.0.0.1", "MANAGEMENT_URI": "http://127.0.0.1"}
_HOPELESS = 3
"""Ends of one process before it was ever ready, after which it is pointless to wait."""


def main() -> None:
    """Run everything; exit with one sentence if that is impossible."""
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        run(Settings.from_env(os.environ), Terminal())
    except (SettingsError, NoBroker, BrokerFailed, CommandFailed, InputError, Refused) as error:
        sys.exit(str(error))


class Refused(Exception):
    """It cannot run, or not any more; the message says why and what to do."""


def run(settings: Settings, terminal: Terminal) -> None:
    """Run until a signal comes."""
    if not is_free(settings.gateway_port):
        raise Refused(
            f"Port {settings.gateway_port} is taken: stop what listens there, "
            "or choose another with GATEWAY_PORT=5001 make run."
        )
    terminal.write(f"Maré on this machine. Ctrl-C stops it; its logs are in {settings.folder}/.\n")
    _plan(settings, {} if settings.amqp_uri else _ANY_BROKER)  # refuses an invalid file at once
    with _broker(settings, terminal) as (uris, node):
        plan = _plan(settings, uris)
        for note in plan.notes:
            terminal.show("mare", note)
        log_to_terminal(terminal)
        journal = Journal(Path(settings.folder), terminal)
        (Path(settings.folder) / PID_FILE).write_text(str(os.getpid()))
        with closing(journal):
            try:
                asyncio.run(_serve(plan, node, settings, terminal, journal))
            except NotReady as error:
                raise Refused(f"{error}; see {journal.path(error.name)}") from error
    terminal.show("", "everything is stopped")


@contextmanager
def _broker(settings: Settings, terminal: Terminal) -> Iterator[tuple[dict[str, str], Node | None]]:
    """Yield the URIs of the broker; a private one is removed with its data at the end."""
    if settings.amqp_uri:
        terminal.show("broker", "the one in AMQP_URI")
        yield {}, None
        return
    program = broker_to_run(lambda line: terminal.show("broker", line))
    terminal.show("broker", f"starting {program.description}")
    with Node(program) as node:
        terminal.show("broker", f"ready on port {node.ports.amqp}, private to this run")
        yield {"AMQP_URI": node.amqp_uri, "MANAGEMENT_URI": node.management_uri}, node


def _plan(settings: Settings, uris: dict[str, str]) -> Plan:
    own = {
        "PYTHON": sys.executable,
        "JOBS_CALLBACKS": "true",
        "WEBHOOKS_SECRETS": settings.webhooks_secrets or kept_secret(_secret_file(settings)),
        "WEBHOOKS_ALLOW_LOCALHOST": str(settings.sends_local_callbacks).lower(),
        "FRONT_PORT": str(settings.gateway_port),
        "FRONT_GATEWAY_PORT": str(free_port()),
        "FRONT_EVENTS_PORT": str(free_port()),
        "JOBS_STORE": settings.jobs_store or f"sqlite://{Path(settings.folder).absolute()}/jobs.db",
    }
    # More processes than twice the cores only take turns.
    most = max(2, 2 * (os.cpu_count() or 1))
    environment = {**os.environ, **own, **uris}
    file = Path(settings.file or _FILE)
    return read_files([file], environment, most=most, set_by="the limit of this machine")


async def _serve(
    plan: Plan, node: Node | None, settings: Settings, terminal: Terminal, journal: Journal
) -> None:
    options = RunOptions(
        dashboard_port=dashboard_port(),
        statistics_seconds=STATISTICS_SECONDS if node else 5.0,
        give_up_after=_HOPELESS,
    )

    def ready(url: str | None) -> None:
        terminal.write(_what_to_open(settings, url or ""))

    async with background(keep_alive(node, terminal)) if node else nullcontext():
        await run_plan(plan, terminal, journal, options, ready)


def _secret_file(settings: Settings) -> Path:
    return Path(settings.folder) / "webhooks-secret"


def _what_to_open(settings: Settings, dashboard: str) -> str:
    port = settings.gateway_port
    return f"""
Open  http://127.0.0.1:{port}/  to hear the weather of a city
or    http://127.0.0.1:{port}/docs  for the API
      curl 'http://127.0.0.1:{port}/v1/playlists?city=Recife'
and   {dashboard}  to see processes rise and fall with their queues
{_about_callbacks(settings)}
"""


def _about_callbacks(settings: Settings) -> str:
    secret = "WEBHOOKS_SECRETS" if settings.webhooks_secrets else _secret_file(settings)
    localhost = "also to http://127.0.0.1 and " if settings.sends_local_callbacks else ""
    return (
        f"Callbacks of jobs go {localhost}to https URLs. The secret that verifies them is in"
        f" {secret};\na receiver of ten lines is in docs/jobs.md, Callbacks."
    )


_BYTES = 32


def kept_secret(path: Path) -> str:
    """Return the secret in ``path``, made at the first run, so that receivers keep it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(file, "w", encoding="ascii") as new:
        new.write(f"whsec_{base64.b64encode(secrets.token_bytes(_BYTES)).decode()}\n")
    return path.read_text(encoding="ascii").strip()


_CHECK_SECONDS = 1.0


async def keep_alive(node: Node, terminal: Terminal, *, first_delay: float = 0.5) -> None:
    """Restart ``node`` on its data whenever it has ended, until cancelled."""
    backoff = Backoff(first=first_delay, longest=30.0)
    while True:
        await asyncio.sleep(_CHECK_SECONDS)
        if await asyncio.to_thread(node.alive):
            backoff.reset()
            continue
        delay = backoff.next_delay()
        terminal.show("broker", f"ended; restarts in {delay:g} s")
        await asyncio.sleep(delay)
        try:
            await asyncio.to_thread(node.start)
        except BrokerFailed as error:
            terminal.show("broker", str(error))
        else:
            terminal.show("broker", "ready again")


if __name__ == "__main__":
    main()
