"""Attempts at one kind of write to the API server."""

from dataclasses import dataclass

from mare.backoff import RetryTimer
from mare.domain.unknown import Unknown

OBJECT_CHANGED = Unknown("ObjectChanged", "another client changes this object at the same time")


@dataclass(slots=True)
class Attempts(RetryTimer):
    """Why the last attempt failed, and when the next one is allowed."""

    first: float = 0.5
    longest: float = 15.0
    problem: Unknown | None = None
    """Why the last attempt failed; None after a success."""

    def failed(self, now: float, problem: Unknown | None = None) -> None:
        RetryTimer.failed(self, now)  # super() fails in a dataclass with slots
        self.problem = problem

    def succeeded(self) -> None:
        RetryTimer.succeeded(self)
        self.problem = None
