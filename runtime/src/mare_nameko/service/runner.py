"""Runs one service from start to exit. The exit takes a limited time in all cases."""

import enum
import faulthandler
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NoReturn

import eventlet
from eventlet.event import Event
from eventlet.patcher import is_monkey_patched
from nameko.containers import get_service_name
from prometheus_client import disable_created_metrics

from mare_nameko.health_app import HealthApp
from mare_nameko.service.consumer import QueueConsumer
from mare_nameko.service.container import Container
from mare_nameko.service.health import HealthChecks, serve_health
from mare_nameko.service.logs import configure_logs
from mare_nameko.service.metrics import Metrics
from mare_nameko.service.settings import Settings
from mare_nameko.settings import SettingsError
from mare_nameko.tracing import create_tracer

_log = logging.getLogger(__name__)

KILL_SECONDS = 1.5
"""Time limit for killing the container, and for exporting the last spans."""

ENDING_SECONDS = 4.0
"""Time after RUNTIME_SHUTDOWN_SECONDS until the process is killed: more than twice KILL_SECONDS,
and a second less than the recommended grace period leaves."""

LAG_SECONDS = 1.0


class Exit(enum.IntEnum):
    STOPPED = 0
    """Stopped by a signal; all work was finished."""

    DIED = 1
    """The service failed; a restart may help."""

    MISCONFIGURED = 2
    """The settings are wrong; a restart does not help."""

    CUT_OFF = 3
    """Stopped by a signal, but work did not finish within RUNTIME_SHUTDOWN_SECONDS."""


def serve(
    service_class: type, settings: Settings | None = None, config: Mapping[str, Any] | None = None
) -> NoReturn:
    """Run ``service_class`` until a signal arrives or it fails, then exit the process.

    Call :func:`~mare_nameko.service.monkey_patch` before importing it. ``config`` is added to what
    its dependency providers see as ``container.config``.
    """
    if not is_monkey_patched("socket"):
        raise RuntimeError("Call mare_nameko.service.monkey_patch() before all other imports.")
    try:
        settings = settings or Settings.from_env(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(Exit.MISCONFIGURED)
    name = get_service_name(service_class)
    configure_logs(name, settings.log_level)
    disable_created_metrics()  # type: ignore[no-untyped-call]
    tracer = create_tracer(name, export=settings.exports_traces)
    container = Container(
        service_class, settings, metrics=Metrics(name), tracer=tracer, config=config
    )
    code = Runner(container, settings).run()
    with eventlet.Timeout(KILL_SECONDS, False):
        tracer.close()
    _leave(code)


def _leave(code: Exit) -> NoReturn:
    """Exit now, without waiting for other threads."""
    logging.shutdown()
    with suppress(OSError, ValueError):  # a full disk, a closed pipe, a closed file
        sys.stdout.flush()
    os._exit(code)


class Runner:
    def __init__(self, container: Container, settings: Settings) -> None:
        self._container = container
        self._settings = settings
        self._checks = HealthChecks(container)
        self._ending = Event()
        """Carries the reason to end: a signal's number, or the error that killed the container."""

        self._limited = False
        self._has_failed = False
        self._consumers = [e for e in container.subextensions if isinstance(e, QueueConsumer)]

    def run(self) -> Exit:
        on_ending_signal(self._end, at_once=self._limit_ending)
        if not self._serve_health():
            return Exit.MISCONFIGURED
        self._observe()
        eventlet.spawn(self._note_death)
        eventlet.spawn(self._start)
        reason = self._ending.wait()
        if isinstance(reason, SettingsError):
            return self._kill(Exit.MISCONFIGURED)
        if isinstance(reason, BaseException):
            return self._kill(Exit.DIED)
        # The workers of the first queue run while the last one is being registered.
        has_work = any(one.connected or one.in_hand for one in self._consumers)
        if not (self._checks.started or has_work):
            return Exit.STOPPED
        return self._stop()

    def _serve_health(self) -> bool:
        app = HealthApp(self._checks.liveness_failures, self._checks.readiness_failures)
        host, port = self._settings.health_host, self._settings.health_port
        try:
            serve_health(app, host, port)
        except OSError as error:
            _log.critical("Cannot serve health at %s:%d: %s", host, port, error)
            return False
        return True

    def _start(self) -> None:
        try:
            self._container.start()
        except Exception as error:  # noqa: BLE001  an extension can raise any type
            self._die(error)
        else:
            self._checks.started = True
            _log.info("Started %s", self._container.service_name)

    def _note_death(self) -> None:
        try:
            self._container.wait()
        except Exception as error:  # noqa: BLE001  a handler can raise any type
            self._die(error)

    def _die(self, error: Exception) -> None:
        self._has_failed = True
        if isinstance(error, SettingsError):
            _log.critical("%s is misconfigured: %s", self._container.service_name, error)
        else:
            _log.critical("%s died", self._container.service_name, exc_info=error)
        self._end(error)

    def _end(self, reason: int | Exception) -> None:
        if not self._ending.ready():
            self._ending.send(reason)

    def _stop(self) -> Exit:
        self._checks.stopping = True
        seconds = self._settings.shutdown_seconds
        _log.info("Stopping: %d workers have %g s to finish", self._container.busy_workers, seconds)
        with eventlet.Timeout(seconds, False):
            self._container.stop()
            _log.info("Stopped %s", self._container.service_name)
            return Exit.DIED if self._has_failed else Exit.STOPPED
        _log.error("Killed %d workers after %g s", self._container.busy_workers, seconds)
        return self._kill(Exit.CUT_OFF)

    def _kill(self, code: Exit) -> Exit:
        self._checks.stopping = True
        self._limit_ending()
        with eventlet.Timeout(KILL_SECONDS, False):
            self._container.kill()
        return code

    def _limit_ending(self) -> None:
        """Start a native thread that kills the process with a traceback after the last limit.

        A handler that never yields blocks all green threads. Only the first signal starts the
        thread: a second one would extend the limit.
        """
        if not self._limited:
            self._limited = True
            seconds = self._settings.shutdown_seconds + ENDING_SECONDS
            faulthandler.dump_traceback_later(seconds, exit=True)

    def _observe(self) -> None:
        container = self._container
        container.metrics.watch_workers(
            container.max_workers,
            busy=lambda: container.busy_workers,
            in_hand=lambda: sum(len(consumer.in_hand) for consumer in self._consumers),
        )
        eventlet.spawn(self._measure_lag)

    def _measure_lag(self) -> None:
        clock = eventlet.hubs.get_hub().clock
        while True:
            due = clock() + LAG_SECONDS
            eventlet.sleep(LAG_SECONDS)
            self._container.metrics.lagged(max(0.0, clock() - due))


ENDING = (signal.SIGTERM, signal.SIGINT)


def on_ending_signal(react: Callable[[int], None], *, at_once: Callable[[], None]) -> None:
    """Call ``react`` in a green thread for each SIGTERM and SIGINT from now on.

    A signal handler runs within the event loop, where no green thread may switch. It only calls
    ``at_once``. Python writes a byte for the signal, which wakes the loop and calls ``react``.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    for number in ENDING:
        signal.signal(number, lambda *_: at_once())
    eventlet.spawn(_pass_on, reader, writer, react)


def _pass_on(reader: socket.socket, writer: socket.socket, react: Callable[[int], None]) -> None:
    with reader, writer:
        while received := reader.recv(16):
            for number in received:
                if number in ENDING:
                    react(number)
