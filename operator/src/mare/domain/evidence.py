"""What can stop a change of the replicas, found before the decision."""

import math
from dataclasses import dataclass
from enum import Enum

from mare.domain.clause import Clause
from mare.domain.unknown import Unknown

MESSAGES_LEFT = "MessagesLeft"
"""The reason of a `QuietAnswer` if a queue certainly has a message."""
QUEUE_CHANGED = "QueueChanged"
"""The reason of a `QuietAnswer` if a queue changed lately, so that it will be quiet soon."""


@dataclass(frozen=True, slots=True)
class QuietAnswer:
    """What the queues answered when they were asked for messages."""

    asked_at: float
    answered_at: float
    why: Unknown | None
    """Why a queue may have a message; None if none has."""

    @property
    def has_messages(self) -> bool:
        """Whether a queue certainly has a message."""
        return self.why is not None and self.why.reason == MESSAGES_LEFT


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """The last attempt to change the workload failed, or the API server asks all to wait."""

    why: Unknown
    next_at: float
    """When the next attempt is allowed."""
    is_pause: bool = False
    """Whether no attempt for this workload failed: another request got the Retry-After."""

    def clause(self, now: float) -> Clause:
        code = "veto.paused" if self.is_pause else "veto.failed"
        return self.why.in_clause(code, seconds=math.ceil(self.next_at - now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    conflict: Unknown | None = None
    """Why the workload is left to another autoscaler or another operator."""
    failure: FailedAttempt | None = None
    quiet_answer: QuietAnswer | None = None
    """The last answer, however old; None if the queues were never asked."""


class Marking(Enum):
    """Whether idle Pods have to be marked before a scale-down, so that they are deleted first."""

    NONE = "none"
    PREFERRED = "preferred"
    REQUIRED = "required"
    """Without the marks, busy Pods would be deleted that the decision still waits for."""
