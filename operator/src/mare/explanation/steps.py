"""The trace of a decision, with the deciding step marked."""

from dataclasses import dataclass

from mare.domain.clause import Clause
from mare.domain.decision import Decision


@dataclass(frozen=True, slots=True)
class TraceStep:
    stage: str
    replicas: int | None
    """The count after the step; None before the first proposal."""
    text: Clause
    deciding: bool


def trace_of(decision: Decision) -> tuple[TraceStep, ...]:
    """Return the trace; empty if the steps were not stored."""
    if not decision.steps:
        return ()
    deciding = decision.deciding_step
    return tuple(
        TraceStep(str(step.stage), step.replicas, step.text, step is deciding)
        for step in decision.steps
    )
