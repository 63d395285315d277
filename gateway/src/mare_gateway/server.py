"""granian around the application: a parent process with the probes, and worker processes."""

import ctypes
import importlib.util
import os
import signal
import sys
import threading
from functools import partial
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from mare_gateway import end_signals, logs
from mare_gateway.health import HealthServer
from mare_gateway.listeners import HEAD_SECONDS, address, limit_unread_answers, open_port
from mare_gateway.settings import Settings

if TYPE_CHECKING:
    from mare_gateway.asgi import AsgiGateway

_MAX_HEAD = 20_480
"""Bytes of a request head, including the request line. 4,096 unfinished ones take 133 MiB; those
of 64 KiB took 290 MiB, more than the memory limit of the chart."""

_PR_SET_PDEATHSIG = 1
"""Of <linux/prctl.h>: the signal that the kernel sends to a process whose parent ends."""

_MAX_CONNECTIONS = 4096
"""Open connections of one worker process. granian accepts no more until one of them is closed."""


def serve(settings: Settings) -> None:
    """Serve the gateway until SIGTERM or SIGINT. The process exits with 1 if a worker dies.

    Call `end_signals.hold` before.
    """
    try:
        # granian opens its port with SO_REUSEPORT, which succeeds beside another such listener.
        open_port(settings.host, settings.port).close()
        health = HealthServer(settings.host, settings.health_port)
    except OSError as error:
        ports = f"GATEWAY_PORT {settings.port} or GATEWAY_HEALTH_PORT {settings.health_port}"
        sys.exit(f"The gateway cannot start. It cannot listen on {ports}: {error.strerror}.")
    server = Granian(
        target=settings,  # type: ignore[arg-type]  # passed on to load_application
        address=address(settings.host),
        port=settings.port,
        interface=Interfaces.ASGINL,
        workers=settings.processes,
        backpressure=_MAX_CONNECTIONS,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEAD_SECONDS * 1000, max_buffer_size=_MAX_HEAD
        ),
        websockets=False,
        # granian streams files: a slow client occupies neither a thread nor 1.5 MB of memory.
        static_path_route=["/docs/assets"],
        static_path_mount=[swagger_files()],
        log_level=LogLevels(settings.log_level.lower()),
        log_dictconfig=logs.config(settings.log_level),
        workers_kill_timeout=int(settings.graceful_timeout),
    )
    prepare_forks()
    server.on_startup(end_signals.pass_on)
    server.on_startup(health.start)
    server.on_startup(partial(limit_unread_answers, settings.port))
    server.serve(target_loader=load_application)


def prepare_forks() -> None:
    """Let each process that is forked from now on end when this process ends."""
    os.register_at_fork(after_in_child=partial(_become_worker, os.getpid()))


def _become_worker(parent: int) -> None:
    # A worker inherits the parent's handler, which granian replaces when the worker has loaded.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "linux":
        # A worker that survives a killed parent keeps the port, and the next gateway cannot start.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent ended before prctl
            os._exit(1)


def swagger_files() -> Path:
    package = importlib.util.find_spec("flask_openapi3_swagger")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "templates" / "swagger"


def load_application(settings: Settings) -> "AsgiGateway":
    """Return the application, connected to the broker; granian calls it in each worker process."""
    # A terminal sends SIGINT to all processes. A worker that ends before its parent has heard of it
    # counts as one that died.
    end_signals.pass_on_to_loop(signal.SIGTERM)
    # Imported here so that the parent process, which only supervises, stays small.
    from mare_gateway.app import create_app  # noqa: PLC0415
    from mare_gateway.asgi import AsgiGateway  # noqa: PLC0415
    from mare_gateway.bodies import Bodies  # noqa: PLC0415
    from mare_gateway.metrics import report_state  # noqa: PLC0415

    app = create_app(settings)
    rpc: Any = app.extensions["rpc"]
    rpc.start()
    threading.Thread(
        target=report_state, args=(rpc, app.extensions["metrics"]), daemon=True
    ).start()
    # multiprocessing ends a worker without running atexit functions.
    Finalize(None, app.extensions["tracer"].close, exitpriority=2)
    Finalize(None, rpc.close, exitpriority=1)
    return AsgiGateway(
        app.extensions["entry"], threads=settings.threads, bodies=Bodies(settings.max_body)
    )
