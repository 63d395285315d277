"""The thread that owns the connection. No other thread reads, writes or reconnects."""

import itertools
import logging
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

from amqp.exceptions import AMQPError

from mare_nameko.addresses import Address
from mare_nameko.backoff import Backoff
from mare_nameko.bounded_logs import OutageLog
from mare_nameko.client.encoding import Route
from mare_nameko.client.errors import BrokerInAlarm, Disconnected
from mare_nameko.client.options import Options
from mare_nameko.client.pending import Call, PendingCalls
from mare_nameko.client.session import Session

T = TypeVar("T")

log = logging.getLogger(__name__)

_TICK = 1.0
ALARM_SECONDS = 2.0
"""How long calls wait for the end of an alarm. Most alarms of memory end after 1 s, when the node
has collected garbage."""
IN_ALARM = "the broker is in alarm and takes no messages"


class ConnectionThread(threading.Thread):
    """Transfers calls from many threads to the broker, and replies back.

    Any thread may read the attributes and call the methods; only :meth:`run` uses the socket.

    Attributes:
        route: where calls are published; None while there is no connection.
        flowing: is set unless the broker is in alarm (memory or disk) and blocks publishers.
        blocked_at: monotonic time of the last alarm.
        connections: number of connections made.
        tried: is set when a connection was made, or an attempt at each address failed.
    """

    def __init__(
        self,
        options: Options,
        pending: PendingCalls,
        on_counts: Callable[[str, int, int], None],
    ) -> None:
        super().__init__(name="rpc-connection", daemon=True)
        self._options = options
        self._outage_log = OutageLog(f"the broker at {options.amqp_uri.hosts}")
        self._pending = pending
        self._on_counts = on_counts
        self._calls: deque[Call] = deque()
        self._services_to_count: deque[str] = deque()
        self._awake = False
        self._wake_writer, self._wake_reader = socket.socketpair()
        self._wake_writer.setblocking(False)
        self._stopping = threading.Event()
        self.route: Route | None = None
        self.flowing = threading.Event()
        self.flowing.set()
        self.blocked_at = 0.0
        self.connections = 0
        self.tried = threading.Event()

    def publish(self, call: Call) -> None:
        self._calls.append(call)
        self._wake_up()

    def count_consumers(self, service: str) -> None:
        """Have ``on_counts`` called with the messages and consumers of the service's queue."""
        self._services_to_count.append(service)
        self._wake_up()

    def stop(self) -> None:
        self._stopping.set()
        self._wake_up()

    def _wake_up(self) -> None:
        # While awake, the thread reads its queues again before it waits. Under load this saves a
        # system call for nearly every message.
        if not self._awake:
            self._awake = True
            with suppress(OSError):  # a full pipe wakes as well; a closed one is not read any more
                self._wake_writer.send(b"\0")

    def run(self) -> None:
        options = self._options
        addresses = options.amqp_uri.addresses
        next_address = itertools.cycle(addresses)
        untried = len(addresses)
        backoff = Backoff(options.backoff, options.max_backoff, steady=0.0)
        while not self._stopping.is_set():
            try:
                session = self._open_session(next(next_address))
                backoff.connected()
                self._serve(session)
            except Exception as error:  # noqa: BLE001 - logged below
                # Not only OSError and AMQPError: py-amqp raises struct.error and others for
                # malformed frames, and without this thread no call is ever answered.
                expected = isinstance(error, OSError | AMQPError)
                self._outage_log.connection_failed(error, trace=not expected)
            self._pending.fail_all(Disconnected("the connection to the broker was lost"))
            untried -= 1
            if untried <= 0:
                self.tried.set()
            self._stopping.wait(backoff.next_delay())
        self.tried.set()
        self._wake_writer.close()
        self._wake_reader.close()

    def _open_session(self, address: Address) -> Session:
        return Session(address, self._options, self._pending, self._on_blocked, self._on_counts)

    def _serve(self, session: Session) -> None:
        log.info("Connected to the broker")
        self._outage_log.connected()
        self.connections += 1
        self.route = session.route
        self.tried.set()
        try:
            self._exchange(session)
        except BaseException:
            self._disconnected()
            session.abort()
            raise
        self._disconnected()
        session.close()

    def _disconnected(self) -> None:
        self.route = None
        self.flowing.set()

    def _exchange(self, session: Session) -> None:
        poll = select.poll()
        poll.register(session.fileno(), select.POLLIN)
        poll.register(self._wake_reader, select.POLLIN)
        next_tick = time.monotonic() + _TICK
        while not self._stopping.is_set():
            self._awake = False
            ready = poll.poll(0 if self._calls or self._services_to_count else _TICK * 1000)
            self._awake = True
            for fd, _event in ready:
                if fd == session.fileno():
                    session.receive()
                else:
                    self._wake_reader.recv(4096)
            if self._calls:
                session.publish(_drain(self._calls))
            for service in set(_drain(self._services_to_count)):
                session.count_consumers(service)
            if (now := time.monotonic()) >= next_tick:
                session.heartbeat()
                if not self.flowing.is_set() and now > self.blocked_at + ALARM_SECONDS:
                    self._pending.fail_all(BrokerInAlarm(IN_ALARM))
                next_tick = now + _TICK

    def _on_blocked(self, blocked: bool) -> None:  # noqa: FBT001 - a callback with one argument
        log.warning("The broker %s publishers", "blocks" if blocked else "no longer blocks")
        if not blocked:
            self.flowing.set()
        elif self.flowing.is_set():
            self.blocked_at = time.monotonic()
            self.flowing.clear()


def _drain(queue: deque[T]) -> Iterator[T]:
    while queue:
        yield queue.popleft()
