"""Runs the workers of one service, each limited by its caller's deadline, measured and traced.

Nameko's container dies of an exception in a dependency's set-up or the service's ``__init__``. It
does not catch eventlet's time-outs and GreenletExit, after which the message stays unacknowledged.
Here all of them are failures of the handler.
"""

import sys
import time
from collections.abc import Callable, Mapping
from logging import getLogger
from types import TracebackType
from typing import Any

import eventlet
from nameko.constants import (
    AMQP_URI_CONFIG_KEY,
    MAX_WORKERS_CONFIG_KEY,
    SERIALIZERS_CONFIG_KEY,
)
from nameko.containers import ServiceContainer, WorkerContext
from nameko.exceptions import ContainerBeingKilled

from mare_nameko.bounded_logs import OutageLog
from mare_nameko.service import context as contexts
from mare_nameko.service import json_bodies
from mare_nameko.service.compression import limit_decompression
from mare_nameko.service.connections import Broker
from mare_nameko.service.context import MessageContext
from mare_nameko.service.errors import DeadlineExceeded, is_expected
from mare_nameko.service.metrics import Metrics
from mare_nameko.service.settings import Settings
from mare_nameko.tracing import Kind, Tracer

_log = getLogger(__name__)

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]
HandleResult = Callable[[WorkerContext, Any, ExcInfo | None], tuple[Any, ExcInfo | None]]


class Expired(Exception):
    """Passed to an entrypoint for a message that was dropped because its deadline had passed."""


class Container(ServiceContainer):
    def __init__(
        self,
        service_class: type,
        settings: Settings,
        *,
        metrics: Metrics,
        tracer: Tracer,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        broker = Broker(settings, service_class.name)  # type: ignore[attr-defined]
        given = config or {}
        own = {
            AMQP_URI_CONFIG_KEY: str(settings.amqp_uri),
            "AMQP_SSL": broker.tls_options(),
            MAX_WORKERS_CONFIG_KEY: settings.max_workers,
        }
        serializers = {"json": json_bodies.SERIALIZER, **given.get(SERIALIZERS_CONFIG_KEY, {})}
        limit_decompression()
        super().__init__(service_class, {**own, **given, SERIALIZERS_CONFIG_KEY: serializers})
        self.settings = settings
        self.metrics = metrics
        self.tracer = tracer
        self.broker = broker
        self.outage_log = OutageLog(f"the broker at {broker.connection('').as_uri()}")

    @property
    def busy_workers(self) -> int:
        return len(self._worker_threads)

    @property
    def has_free_worker(self) -> bool:
        return bool(self._worker_pool.free() > 0)

    @property
    def has_died(self) -> bool:
        return bool(self._died.ready())

    def spawn_worker(
        self,
        entrypoint: Any,
        args: Any,
        kwargs: Any,
        context_data: dict[str, Any] | None = None,
        handle_result: HandleResult | None = None,
    ) -> WorkerContext:
        """Start a worker like Nameko, except that the worker creates the service itself."""
        if self._being_killed:
            raise ContainerBeingKilled
        worker_ctx = WorkerContext(self, None, entrypoint, args, kwargs, data=context_data)
        thread = self._worker_pool.spawn(self._run_worker, worker_ctx, handle_result)
        thread.link(self._handle_worker_thread_exited, worker_ctx)
        self._worker_threads[worker_ctx] = thread
        return worker_ctx

    def _run_worker(self, worker_ctx: WorkerContext, handle_result: HandleResult | None) -> None:
        entrypoint = worker_ctx.entrypoint
        kind: Kind = getattr(entrypoint, "span_kind", "server")
        context = contexts.begin(
            self.tracer, self.service_name, entrypoint.method_name, kind, worker_ctx.data
        )
        worker_ctx.message_context = context
        contexts.current.set(context)
        started = time.monotonic()
        if context.remaining is not None and context.remaining <= 0:
            self._drop(worker_ctx, handle_result)
            return
        result, exc_info = self._call(worker_ctx)
        if handle_result is not None:
            result, exc_info = handle_result(worker_ctx, result, exc_info)
        self._worker_result(worker_ctx, result, exc_info)
        error = exc_info[1] if exc_info else None
        del exc_info  # ends a reference cycle: the frames are freed now, without garbage collection
        self._worker_teardown(worker_ctx)
        context.span.end(None if error is None else type(error).__name__)
        outcome = outcome_of(error, entrypoint.expected_exceptions)
        self.metrics.handled(context.entrypoint, outcome, time.monotonic() - started)

    def _drop(self, worker_ctx: WorkerContext, handle_result: HandleResult | None) -> None:
        context: MessageContext = worker_ctx.message_context
        self.metrics.expired(context.entrypoint)
        expired = Expired(context.name)
        context.span.end(Expired.__name__)
        if handle_result is not None:
            handle_result(worker_ctx, None, (Expired, expired, None))

    def _call(self, worker_ctx: WorkerContext) -> tuple[Any, ExcInfo | None]:
        context: MessageContext = worker_ctx.message_context
        too_late = DeadlineExceeded(f"{context.name} did not end before its caller's deadline.")
        try:
            with eventlet.Timeout(context.remaining, too_late):
                worker_ctx.service = self.service_cls()
                self._inject_dependencies(worker_ctx)
                self._worker_setup(worker_ctx)
                method = getattr(worker_ctx.service, context.entrypoint)
                return method(*worker_ctx.args, **worker_ctx.kwargs), None
        except BaseException as error:  # a green thread that it waits for may have been killed
            if self._being_killed and not isinstance(error, Exception):
                raise
            log_failure(context.name, error, worker_ctx.entrypoint.expected_exceptions)
            return None, sys.exc_info()  # type: ignore[return-value]


def outcome_of(error: BaseException | None, declared: Any) -> str:
    if error is None:
        return "ok"
    if isinstance(error, DeadlineExceeded):
        return "deadline"
    return "error" if is_expected(error, declared) else "failure"


def log_failure(name: str, error: BaseException, declared: Any) -> None:
    """Log one line for an error that the interface declares, and a traceback for any other.

    The text of a declared error may quote the request: only its type is logged. The runtime's own
    errors quote nothing.
    """
    kind = type(error)
    if not is_expected(error, declared):
        _log.error("%s failed: %s", name, kind.__name__, exc_info=error)
    elif kind.__module__.startswith("mare_nameko.service."):
        _log.warning("%s failed: %s", name, error)
    else:
        _log.info("%s answered %s", name, kind.__name__)
