"""Whether a call is made: circuit breakers and load shedding.

A call is refused if its service does not answer, or if the queue is too deep or too old. Trials are
sent to a service that does not answer. A refused caller can try again later. Behind thousands of
other calls, its call would be processed after its deadline.
"""

from dataclasses import dataclass

COUNT_SECONDS = 1.0
"""A depth is requested once in this time while there are calls, and used for twice as long."""
AGE_SHARE = 0.5
"""Part of a call's time for which the oldest message may have waited. A fixed age would refuse
calls that have time to wait, for example after a short stall while Pods are replaced."""


@dataclass(slots=True)
class _Circuit:
    timeouts: int = 0
    reason: str = ""
    pause: float = 0.0
    next_trial: float = 0.0


class CircuitBreakers:
    """One circuit for each service.

    A circuit opens after ``max_timeouts`` consecutive time-outs, or when the service's queue has no
    consumer. An open circuit lets one call through in each pause. The first reply closes it.
    All times are in seconds of one monotonic clock.
    """

    def __init__(self, *, max_timeouts: int, pause: float) -> None:
        self._max_timeouts = max_timeouts
        self._pause = pause
        self._circuits: dict[str, _Circuit] = {}

    def refusal(self, service: str, now: float) -> str | None:
        """Return why ``service`` must not be called now, or None."""
        circuit = self._circuits.get(service)
        if circuit is None or not circuit.reason:
            return None
        if now < circuit.next_trial:
            return circuit.reason
        circuit.next_trial = now + circuit.pause
        return None

    def replied(self, service: str) -> None:
        self._circuits.pop(service, None)

    def timed_out(self, service: str, now: float) -> None:
        circuit = self._circuits.setdefault(service, _Circuit())
        circuit.timeouts += 1
        if circuit.timeouts >= self._max_timeouts:
            reason = f"{circuit.timeouts} calls to {service} in a row timed out"
            self.opened(service, reason, now=now, pause=self._pause)

    def opened(self, service: str, reason: str, *, now: float, pause: float) -> None:
        """Open the circuit, with ``pause`` seconds between trials."""
        circuit = self._circuits.setdefault(service, _Circuit())
        circuit.reason = reason
        circuit.pause = pause
        circuit.next_trial = now + pause


@dataclass(slots=True)
class _Queue:
    requested_at: float = float("-inf")
    depth: int = 0
    age: float = 0.0
    until: float = float("-inf")


class LoadShedder:
    """Decides from the depth of the queue and the age of its oldest message, by one clock."""

    def __init__(self, *, max_depth: int) -> None:
        self._max_depth = max_depth
        self._queues: dict[str, _Queue] = {}

    def must_count(self, service: str, now: float) -> bool:
        """Return whether to request the depth of the service's queue now."""
        queue = self._queues.setdefault(service, _Queue())
        if now - queue.requested_at < COUNT_SECONDS:
            return False
        queue.requested_at = now
        return True

    def counted(self, service: str, depth: int, age: float, now: float) -> None:
        """Record a depth, and the seconds for which the oldest known message has waited."""
        queue = self._queues.setdefault(service, _Queue())
        queue.depth, queue.age = depth, age
        queue.until = now + 2 * COUNT_SECONDS

    def refusal(self, service: str, seconds: float, now: float) -> str | None:
        """Return why ``service`` must not be called by a call with ``seconds`` left, or None."""
        queue = self._queues.get(service)
        if queue is None or now >= queue.until:
            return None
        if self._max_depth and queue.depth > self._max_depth:
            return f"{queue.depth} messages wait for {service}; the limit is {self._max_depth}"
        if queue.depth and queue.age > seconds * AGE_SHARE:
            return (
                f"messages wait for {service} for {queue.age:.1f} s; the call has {seconds:.1f} s"
            )
        return None
