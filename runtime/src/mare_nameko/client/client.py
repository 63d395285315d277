"""The client as its callers see it: many threads call, and each waits for its own reply."""

import itertools
import os
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any

from mare_nameko.client.admission import CircuitBreakers, LoadShedder
from mare_nameko.client.connection_thread import ALARM_SECONDS, IN_ALARM, ConnectionThread
from mare_nameko.client.decoding import result
from mare_nameko.client.encoding import Route, request
from mare_nameko.client.errors import (
    BrokerInAlarm,
    CallTimedOut,
    Disconnected,
    Overloaded,
    ServiceUnavailable,
)
from mare_nameko.client.options import Options
from mare_nameko.client.pending import Call, PendingCalls

_NO_CONSUMERS_PAUSE = 1.0
"""A service without consumers gets one call a second: enough for an autoscaler to start it."""
_FIRST_COUNT_PAUSE, _LONGEST_COUNT_PAUSE = 0.1, 1.0
"""Seconds between requests for the number of consumers; some answers have to be ignored."""


class RpcClient:
    """Calls methods of Nameko services over one connection.

    The first call starts the thread that connects, so that a client can be created before a server
    forks. Calls before the end of the first attempt to connect wait for it. Later ones fail at once
    while there is no connection.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._starting = threading.Lock()
        self._pid: int | None = None
        self._connection: ConnectionThread
        self._pending: PendingCalls
        self._breakers: CircuitBreakers
        self._shedder: LoadShedder

    def start(self) -> None:
        """Start to connect in this process, unless that has happened; return at once."""
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
        self._replied: dict[str, float] = {}
        self._instance = uuid.uuid4().hex[:12]
        self._pending = PendingCalls(self._options.max_in_flight)
        self._breakers = CircuitBreakers(
            max_timeouts=self._options.max_timeouts, pause=self._options.circuit_pause
        )
        self._shedder = LoadShedder(max_depth=self._options.max_queue_depth)
        self._connection = ConnectionThread(self._options, self._pending, self._on_counts)
        self._connection.start()
        self._pid = os.getpid()  # last: other threads use all of the above as soon as it is set

    def close(self, timeout: float = 5.0) -> None:
        """Close the connection; calls in flight fail."""
        if self._started:
            self._connection.stop()
            self._connection.join(timeout)

    @property
    def connected(self) -> bool:
        return self._started and self._connection.route is not None

    @property
    def ready(self) -> bool:
        """Whether the client is connected and the broker takes messages."""
        return self.connected and self._connection.flowing.is_set()

    @property
    def alive(self) -> bool:
        """False if the client's thread has died: only a restart of the process helps."""
        return not self._started or self._connection.is_alive()

    @property
    def in_flight(self) -> int:
        """Number of calls that wait for their reply."""
        return len(self._pending) if self._started else 0

    @property
    def connections(self) -> int:
        """Number of connections made since the start."""
        return self._connection.connections if self._started else 0

    def call(
        self, target: str, *args: Any, timeout: float, context: Mapping[str, str] | None = None
    ) -> Any:
        """Call a method and return its result.

        Args:
            target: ``service.method``.
            args: the arguments; they are encoded as JSON.
            timeout: seconds until the call fails. The service receives the deadline.
            context: ``nameko.*`` headers without the prefix. Nested calls inherit them.

        Raises:
            RpcError: one of its subclasses; see :mod:`mare_nameko.client.errors`.
        """
        deadline = time.monotonic() + timeout
        self.start()
        service = target.partition(".")[0]
        route = self._route_to(service, deadline)
        now = time.monotonic()
        correlation_id = f"{self._instance}-{next(self._ids)}"
        frames = request(
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
            # The connection was lost. Its thread may have failed the pending calls before this one
            # was added to them.
            self._pending.fail([correlation_id], Disconnected("the connection was lost"))
        try:
            self._await(call, deadline)
        except BaseException:
            self._pending.take(correlation_id)  # a signal's handler may raise; no reply may come
            raise
        reply = call.reply()
        self._breakers.replied(service)
        self._replied[service] = max(call.started, self._replied.get(service, 0.0))
        return result(reply)

    def _route_to(self, service: str, deadline: float) -> Route:
        if self._connection.route is None:
            self._connection.tried.wait(max(0.0, deadline - time.monotonic()))
        route = self._connection.route
        if route is None:
            raise Disconnected("no connection to the broker")
        if not self._connection.flowing.is_set():
            until = min(deadline, self._connection.blocked_at + ALARM_SECONDS)
            if not self._connection.flowing.wait(max(0.0, until - time.monotonic())):
                raise BrokerInAlarm(IN_ALARM)
        now = time.monotonic()
        if reason := self._breakers.refusal(service, now):
            raise ServiceUnavailable(reason)
        if self._shedder.must_count(service, now):
            self._connection.count_consumers(service)
        if reason := self._shedder.refusal(service, deadline - now, now):
            raise Overloaded(reason)
        return route

    def _await(self, call: Call, deadline: float) -> None:
        seconds = deadline - call.started
        if call.wait(min(seconds, self._options.no_consumers_grace)):
            return
        pause = _FIRST_COUNT_PAUSE
        while (left := deadline - time.monotonic()) > 0:
            self._connection.count_consumers(call.service)
            if call.wait(min(left, pause)):
                return
            pause = min(pause * 2, _LONGEST_COUNT_PAUSE)
        if self._pending.take(call.correlation_id) is None:
            call.wait(seconds)  # the connection's thread is ending the call at this moment
            return
        self._breakers.timed_out(call.service, time.monotonic())
        raise CallTimedOut(f"{call.service} did not answer within {seconds:.3g} s")

    def _on_counts(self, service: str, messages: int, consumers: int) -> None:
        """Fail the calls whose grace for a service without consumers is over."""
        now = time.monotonic()
        if consumers > 0:
            # Queues are in order: what was started before a call that has a reply does not wait.
            replied = self._replied.get(service, 0.0)
            age = self._pending.oldest_age(service, replied, now)
            self._shedder.counted(service, messages, age, now)
            return
        waiting = self._pending.waiting_for(service, now - self._options.no_consumers_grace)
        if not waiting:
            return
        reason = f"the queue of {service} has no consumer"
        self._breakers.opened(service, reason, now=now, pause=_NO_CONSUMERS_PAUSE)
        self._pending.fail(waiting, ServiceUnavailable(reason))
