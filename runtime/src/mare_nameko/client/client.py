"""The callers' side of the client: many threads call, each waits for its own reply."""

import itertools
import os
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any

from mare_nameko.client import message
from mare_nameko.client.circuit_breaker import CircuitBreakers
from mare_nameko.client.connection_thread import ConnectionThread
from mare_nameko.client.encoding import Route
from mare_nameko.client.errors import CallTimedOut, Disconnected, Overloaded, ServiceUnavailable
from mare_nameko.client.options import Options
from mare_nameko.client.pending import Call, PendingCalls

_UNATTENDED_PAUSE = 1.0
"""A service without consumers gets one call a second, enough to be seen by an autoscaler."""
_FIRST_QUESTION_PAUSE, _LONGEST_QUESTION_PAUSE = 0.1, 1.0
"""Seconds between questions for the consumers: some get no answer that tells anything."""


class RpcClient:
    """Calls Nameko services over one connection; implements :class:`~mare_nameko.client.port.Rpc`.

    Starts its thread on the first call, so that it may be made before a server forks. That call and
    others that come so early wait for the first attempt to connect; later ones fail at once while
    there is no connection.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._starting = threading.Lock()
        self._pid: int | None = None
        self._connection: ConnectionThread
        self._pending: PendingCalls
        self._breakers: CircuitBreakers

    def start(self) -> None:
        """Begin to connect, in this process, unless that has happened; returns at once."""
        if self._started:
            return
        with self._starting:
            if not self._started:
                self._start()

    @property
    def _started(self) -> bool:
        return self._pid == os.getpid()

    def _start(self) -> None:
        self._ids = itertools.count(1)
        self._instance = uuid.uuid4().hex[:12]
        self._pending = PendingCalls(self._options.max_in_flight)
        self._breakers = CircuitBreakers(
            max_timeouts=self._options.max_timeouts, pause=self._options.circuit_pause
        )
        self._connection = ConnectionThread(self._options, self._pending, self._on_consumers)
        self._connection.start()
        self._pid = os.getpid()  # last: from now on other threads use all of the above

    def close(self, timeout: float = 5.0) -> None:
        """Leave the broker; calls still in flight fail."""
        if self._started:
            self._connection.stop()
            self._connection.join(timeout)

    @property
    def connected(self) -> bool:
        return self._started and self._connection.route is not None

    @property
    def ready(self) -> bool:
        """Whether a call has a chance: connected, and the broker takes messages."""
        return self.connected and not self._connection.blocked

    @property
    def alive(self) -> bool:
        """Whether the client can still do its work; False calls for a restart of the process."""
        return not self._started or self._connection.is_alive()

    @property
    def in_flight(self) -> int:
        return len(self._pending) if self._started else 0

    @property
    def connections(self) -> int:
        """How many connections were made since the start."""
        return self._connection.connections if self._started else 0

    def call(
        self, target: str, *args: Any, timeout: float, context: Mapping[str, str] | None = None
    ) -> Any:
        """Return what ``target`` (``service.method``) answers within ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        self.start()
        service = target.partition(".")[0]
        route = self._route_to(service, deadline)
        now = time.monotonic()
        correlation_id = f"{self._instance}-{next(self._ids)}"
        frames = message.request(
            route,
            target,
            args,
            correlation_id=correlation_id,
            caller=self._options.name,
            deadline=time.time() + (deadline - now),
            context=context,
        )
        call = Call(correlation_id, service, route, frames, now)
        self._pending.add(call)
        self._connection.publish(call)
        if self._connection.route is not route:
            # the pump may have failed all pending calls just before this one was added
            self._pending.fail([correlation_id], Disconnected("the connection was lost"))
        self._await(call, deadline)
        reply = call.reply()
        self._breakers.replied(service)
        return message.result(reply)

    def _route_to(self, service: str, deadline: float) -> Route:
        if self._connection.route is None:
            self._connection.tried.wait(max(0.0, deadline - time.monotonic()))
        route = self._connection.route
        if route is None:
            raise Disconnected("no connection to the broker")
        if self._connection.blocked:
            raise Overloaded("the broker is in alarm and takes no messages")
        if reason := self._breakers.refusal(service, time.monotonic()):
            raise ServiceUnavailable(reason)
        return route

    def _await(self, call: Call, deadline: float) -> None:
        seconds = deadline - call.started
        if call.wait(min(seconds, self._options.no_consumers_grace)):
            return
        pause = _FIRST_QUESTION_PAUSE
        while (left := deadline - time.monotonic()) > 0:
            self._connection.ask_for_consumers(call.service)
            if call.wait(min(left, pause)):
                return
            pause = min(pause * 2, _LONGEST_QUESTION_PAUSE)
        if self._pending.take(call.correlation_id) is None:
            call.wait(seconds)  # somebody is ending it at this very moment
            return
        self._breakers.timed_out(call.service, time.monotonic())
        raise CallTimedOut(f"{call.service} did not answer within {seconds:.3g} s")

    def _on_consumers(self, service: str, consumers: int) -> None:
        """Fail the calls that have waited long enough for a service that nobody runs."""
        if consumers > 0:
            return
        reason = f"nobody consumes the queue of {service}"
        now = time.monotonic()
        self._breakers.opened(service, reason, now=now, pause=_UNATTENDED_PAUSE)
        waiting = self._pending.waiting_for(service, now - self._options.no_consumers_grace)
        self._pending.fail(waiting, ServiceUnavailable(reason))
