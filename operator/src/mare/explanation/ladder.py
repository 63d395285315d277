"""The sum of a decision, one rung a rule, with the one marked that decided."""

from dataclasses import dataclass

from mare.domain.clause import Clause
from mare.domain.decision import Decision


@dataclass(frozen=True, slots=True)
class Rung:
    stage: str
    replicas: int | None
    """The count after it; None while nothing is wanted yet."""
    text: Clause
    deciding: bool


def ladder_of(decision: Decision) -> tuple[Rung, ...]:
    """Empty if the rungs of a decision were not kept."""
    if not decision.steps:
        return ()
    deciding = decision.deciding_step
    return tuple(
        Rung(str(step.stage), step.replicas, step.text, step is deciding) for step in decision.steps
    )
