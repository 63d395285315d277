"""A decision: the count, the reason, the sentence, and the trace of the steps that led to it."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from mare.domain.clause import Clause, capital
from mare.domain.evidence import Marking
from mare.domain.reason import Reason
from mare.domain.unknown import Unknown


class Stage(StrEnum):
    """The labels of the trace. An idle workload passes IDLE before BOUNDS."""

    MEASURED = "measured"
    PROPOSAL = "proposal"
    TOLERANCE = "tolerance"
    UNKNOWN = "unknown"
    SCHEDULE = "schedule"
    FORECAST = "forecast"
    WINDOW = "window"
    POLICY = "policy"
    BOUNDS = "bounds"
    VICTIMS = "victims"
    IDLE = "idle"
    PAUSE = "pause"
    CONFLICT = "conflict"
    RETRY = "retry"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Step:
    """One rule: the count after it, and why."""

    stage: Stage
    replicas: int | None
    """None before the first proposal."""
    text: Clause


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    current: int
    """spec.replicas of the workload before the decision."""
    raw: int | None
    """The formula's result of the target that applies; None if no proposal was made."""
    desired: int
    """The count that the rules give, whether or not something stops the change."""
    replicas: int
    reason: Reason
    message: str
    """What is decided, then why. The result can be recomputed from the numbers in it."""
    clauses: tuple[Clause, ...]
    """The clauses of the message: the formula, then the limits."""
    steps: tuple[Step, ...]
    limited_by: tuple[Reason, ...] = ()
    """Limits that changed or kept the result of the formula, the deciding one last."""
    until: float | None = None
    """When the deciding limit ends, if it ends by time alone."""
    marking: Marking = Marking.NONE
    expires_at: float | None = None
    """When the change may no longer begin, because the queues were asked too long ago."""
    asks_queues: bool = False
    """Whether the queues have to be asked for messages before the change."""
    unconfirmed: Unknown | None = None
    """Why the queues could not confirm that they have no message, if that keeps the count."""

    @property
    def changes(self) -> bool:
        return self.replicas != self.current

    def missing_replicas(self, max_replicas: int) -> int:
        """Return how many replicas the load needs beyond maxReplicas, where that limits them.

        Within the tolerance it limits nothing: 52 messages at 10 per replica need 6 replicas, and
        5 of at most 5 are enough for them.
        """
        is_limited = Reason.TOO_MANY_REPLICAS in self.limited_by and self.desired >= max_replicas
        return max(0, self.raw - max_replicas) if is_limited and self.raw is not None else 0

    @property
    def deciding_step(self) -> Step | None:
        """The last step that changed the count, else the first one; None without steps."""
        deciding = self.steps[0] if self.steps else None
        for before, step in pairwise(self.steps):
            if step.replicas != before.replicas:
                deciding = step
        return deciding


class DecisionTrace:
    """Records how the rules change a count, and makes the decision of it."""

    def __init__(self, current: int, counted: str = "replicas") -> None:
        """`counted` is what sentences count: replicas or Jobs."""
        self.current = current
        self._counted = counted
        self.count = current
        self.raw: int | None = None
        self.desired: int | None = None
        self.reason = Reason.WITHIN_TARGET
        self.until: float | None = None
        self.marking = Marking.NONE
        self.expires_at: float | None = None
        self.asks_queues = False
        self.unconfirmed: Unknown | None = None
        self._steps: list[Step] = []
        self._limits: list[Reason] = []
        self._remarks: list[Clause] = []
        self._formula: tuple[Clause, ...] = ()

    def set_formula(self, *clauses: Clause) -> None:
        self._formula = clauses

    def extend_formula(self, clause: Clause) -> None:
        self._formula = (*self._formula, clause)

    def record(self, stage: Stage, count: int | None, text: Clause) -> None:
        self._steps.append(Step(stage, count, text))

    def move_to(self, stage: Stage, count: int, text: Clause) -> None:
        """Set the count and add the step."""
        self.count = count
        self._steps.append(Step(stage, count, text))

    def limit(
        self, stage: Stage, count: int, reason: Reason, remark: Clause, until: float | None = None
    ) -> None:
        """Set the count to what a limit allows, until a time if the limit ends by itself."""
        self.move_to(stage, count, remark)
        self._limits.append(reason)
        self._remarks.append(remark)
        self.until = until

    def add_remark(self, clause: Clause) -> None:
        """Add a clause to the sentence that limits nothing."""
        self._remarks.append(clause)

    def move_to_idle(self, count: int, clause: Clause) -> None:
        """Set the count of an idle workload. Limits so far no longer apply."""
        self.set_formula(clause)
        self.raw, self.reason = count, Reason.SCALED_TO_IDLE
        self._drop_limits()
        self.move_to(Stage.IDLE, count, clause)

    def raise_to_forecast(self, count: int, clause: Clause) -> None:
        """Raise the count for a load that is due. Limits that kept fewer no longer decide."""
        self.reason = Reason.FORECAST
        self._drop_limits()
        self.move_to(Stage.FORECAST, count, clause)

    def _drop_limits(self) -> None:
        self._limits, self._remarks, self.until = [], [], None

    def decided(self) -> Decision:
        clauses = (*self._formula, *self._remarks)
        return Decision(
            current=self.current,
            raw=self.raw,
            desired=self.count if self.desired is None else self.desired,
            replicas=self.count,
            reason=self._reason(),
            message=_message(self.current, self.count, clauses, self._counted),
            clauses=clauses,
            steps=tuple(self._steps),
            limited_by=tuple(self._limits),
            until=self.until,
            marking=self.marking,
            expires_at=self.expires_at,
            asks_queues=self.asks_queues,
            unconfirmed=self.unconfirmed,
        )

    def _reason(self) -> Reason:
        """Return the limit that decides, else the direction of the change."""
        if self._limits and (self.count == self.current or self.count != self.raw):
            return self._limits[-1]
        if self.reason is not Reason.WITHIN_TARGET or self.count == self.current:
            return self.reason
        return Reason.LOAD_GREW if self.count > self.current else Reason.LOAD_FELL


def _message(current: int, count: int, clauses: tuple[Clause, ...], counted: str) -> str:
    head = f"Kept at {count}" if count == current else f"{current} → {count} {counted}"
    cause, *others = clauses
    return " ".join([f"{head}: {cause}.", *(f"{capital(each)}." for each in others)])
