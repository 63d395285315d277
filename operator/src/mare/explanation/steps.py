"""The sum of a decision, one step a rule, with the one marked that decided."""

from dataclasses import dataclass

from mare.domain.clause import Clause
from mare.domain.decision import Decision


@dataclass(frozen=True, slots=True)
class TraceStep:
    stage: str
    replicas: int | None
    """The count after it; None while nothing is wanted yet."""
    text: Clause
    deciding: bool


def trace_of(decision: Decision) -> tuple[TraceStep, ...]:
    """Empty if the steps of a decision were not kept."""
    if not decision.steps:
        return ()
    deciding = decision.deciding_step
    return tuple(
        TraceStep(str(step.stage), step.replicas, step.text, step is deciding)
        for step in decision.steps
    )
