"""What the delivery of callbacks needs of the world."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from mare_services.contract.callback_urls import Destination
from mare_services.contract.callbacks import CallbackAttempted, CallbackDue


class SendingFailed(Exception):
    """Raised when a receiver gives no valid answer; the text is for the client.

    It does not reveal the addresses of the host: a client could learn internal names and addresses.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a receiver answers; the body is ignored."""

    status: int
    retry_after: str | None = None


class Transport(Protocol):
    """Sends one request to an address that was checked."""

    def post(
        self, destination: Destination, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Answer:
        """Return the answer within ``seconds``; raise SendingFailed."""


HaveEnded = Callable[[str], bool | None]
"""Returns whether a receiver has ended the callbacks of a job, by its id; None if unknown now."""


class Queues(Protocol):
    def park(self, due: CallbackDue, seconds: float) -> None:
        """Deliver the message again after ``seconds``, one of the delays of the schedule."""

    def dead_letter(self, due: CallbackDue, reason: str) -> None:
        """Keep the message until it is replayed."""

    def report(self, attempted: CallbackAttempted) -> None: ...
