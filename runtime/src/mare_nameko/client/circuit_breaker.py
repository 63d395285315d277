"""Circuit breakers: no calls to a service that does not answer, except trials."""

from dataclasses import dataclass


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
