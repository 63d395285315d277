"""The calls that wait for their reply."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from mare_nameko.client.encoding import Route
from mare_nameko.client.errors import Overloaded, RpcError


@dataclass(eq=False, slots=True)
class Call:
    correlation_id: str
    service: str
    route: Route
    frames: bytes
    started: float
    _reply: bytes | None = field(default=None, init=False)
    _error: RpcError | None = field(default=None, init=False)
    _gate: threading.Lock = field(default_factory=threading.Lock, init=False)
    """A lock is cheaper than an Event, which consists of a lock, a condition and a list."""

    def __post_init__(self) -> None:
        self._gate.acquire()

    def wait(self, timeout: float) -> bool:
        return self._gate.acquire(timeout=max(0.0, timeout))

    def succeed(self, body: bytes) -> None:
        self._reply = body
        self._gate.release()

    def fail(self, error: RpcError) -> None:
        self._error = error
        self._gate.release()

    def reply(self) -> bytes:
        if self._error is not None:
            raise self._error
        assert self._reply is not None
        return self._reply


class PendingCalls:
    """The calls in flight, by correlation id.

    Thread-safe without a lock: each step is one operation on a dict, and only the thread that
    removes a call from the dict may end it.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._calls: dict[str, Call] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def __contains__(self, correlation_id: str) -> bool:
        return correlation_id in self._calls

    def add(self, call: Call) -> None:
        if len(self._calls) >= self._limit:
            raise Overloaded(f"{self._limit} calls are in flight, which is the limit")
        self._calls[call.correlation_id] = call

    def take(self, correlation_id: str) -> Call | None:
        """Remove and return a call; None if it has ended, for example by a time-out."""
        return self._calls.pop(correlation_id, None)

    def fail(self, correlation_ids: Iterable[str], error: RpcError) -> None:
        for correlation_id in correlation_ids:
            if call := self.take(correlation_id):
                call.fail(error)

    def fail_all(self, error: RpcError) -> None:
        self.fail(list(self._calls), error)

    def oldest_age(self, service: str, after: float, now: float) -> float:
        calls = list(self._calls.values())
        started = (each.started for each in calls if each.service == service)
        return now - min((each for each in started if each > after), default=now)

    def waiting_for(self, service: str, since: float) -> list[str]:
        return [
            call.correlation_id
            for call in list(self._calls.values())
            if call.service == service and call.started <= since
        ]
