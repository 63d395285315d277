"""What was decided and why: a count, a reason, a sentence with its numbers, the ladder of steps."""

from dataclasses import dataclass
from enum import StrEnum

from mare.domain.clause import Clause


class Reason(StrEnum):
    """The cause of a decision in one word. Where a limit decides, the word is the limit's."""

    WITHIN_TARGET = "WithinTarget"
    LOAD_GREW = "LoadGrew"
    LOAD_FELL = "LoadFell"
    WOKEN = "Woken"
    RESTED = "Rested"
    RESTING = "Resting"
    COOLING_DOWN = "CoolingDown"
    QUEUES_UNKNOWN = "QueuesUnknown"
    PARTLY_UNKNOWN = "PartlyUnknown"
    FALLBACK = "Fallback"
    PAUSED = "Paused"
    SCHEDULED = "Scheduled"
    DRAINING = "Draining"
    SCALE_UP_STABILIZED = "ScaleUpStabilized"
    SCALE_DOWN_STABILIZED = "ScaleDownStabilized"
    SCALE_UP_LIMIT = "ScaleUpLimit"
    SCALE_DOWN_LIMIT = "ScaleDownLimit"
    TOO_MANY_REPLICAS = "TooManyReplicas"
    TOO_FEW_REPLICAS = "TooFewReplicas"


class Stage(StrEnum):
    """The rungs of the ladder, in the order in which they are climbed."""

    MEASURED = "measured"
    WISH = "wish"
    TOLERANCE = "tolerance"
    KNOWLEDGE = "knowledge"
    SCHEDULE = "schedule"
    WINDOW = "window"
    POLICY = "policy"
    BOUNDS = "bounds"
    VICTIMS = "victims"
    REST = "rest"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: the count after it, and why."""

    stage: Stage
    replicas: int | None
    """None while nothing is wanted yet."""
    text: Clause


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The replicas that a workload shall have from now on."""

    current: int
    """The replicas that it was asked to have so far."""
    raw: int | None
    """The replicas that the targets ask for; None if the queues are unknown."""
    replicas: int
    reason: Reason
    message: str
    """One sentence or two, whose numbers lead to the result."""
    clauses: tuple[Clause, ...]
    """What the message says: the sum, and what holds its result."""
    steps: tuple[Step, ...]
    limited_by: tuple[Reason, ...] = ()
    """What kept the count from following the targets, the deciding one last."""
    until: float | None = None
    """When the deciding limit passes, if time alone lets it pass."""

    @property
    def changes(self) -> bool:
        return self.replicas != self.current

    @property
    def deciding_step(self) -> Step:
        """The last step that changed the count, or the first one if none did."""
        deciding = self.steps[0]
        before = deciding.replicas
        for step in self.steps[1:]:
            if step.replicas != before:
                deciding, before = step, step.replicas
        return deciding
