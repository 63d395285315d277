"""The explanation of one object, which `mare explain` prints as text or JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mare.custom_resource.autoscaler import read_autoscaler
from mare.custom_resource.status_values import instant, read_time
from mare.domain.clause import capital
from mare.explanation.facts import Facts
from mare.explanation.leading import NO_LEASE, Leading, NeverReconciled, with_leading
from mare.explanation.stored import Recorded, facts_of_stored, recorded


class NothingRecorded(Exception):
    """No decision is recorded for that time. The text names the oldest one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What an explanation shows; all else follows from the facts."""

    facts: Facts
    now: float
    """The time for which the next changes are given."""
    sentence: str
    decisions: tuple[Recorded, ...]
    leading: Leading = NO_LEASE
    outdated: bool = False
    """Whether the spec changed after the status was written."""


def explain(body: Mapping[str, Any], now: float, leading: Leading = NO_LEASE) -> Explained:
    """Explain a stored object; raise ValueError if a newer operator wrote its status."""
    created = None if body.get("status") else read_time(body["metadata"].get("creationTimestamp"))
    known = leading if created is None else NeverReconciled(created)
    facts = with_leading(facts_of_stored(read_autoscaler(body), now), known, now)
    decision = facts.decision
    sentence = decision.message if decision else _without_decision(facts)
    if decision and facts.has_no_leader and facts.cannot_act:
        sentence = f"{capital(facts.cannot_act.message)}. The last decision: {sentence}"
    return Explained(
        facts=facts,
        now=now,
        sentence=sentence,
        decisions=recorded(body),
        leading=leading,
        outdated=_is_outdated(body),
    )


def at(decisions: Sequence[Recorded], moment: float) -> Recorded:
    """Return the decision in force at a time, of decisions with the newest first."""
    for each in decisions:
        if each.at <= moment:
            return each
    raise NothingRecorded(oldest(decisions) or "its status has no decision")


def oldest(decisions: Sequence[Recorded]) -> str:
    """Return which decision is the oldest, as text; empty without decisions."""
    if not decisions:
        return ""
    return f"the oldest decision in its status is from {instant(decisions[-1].at)}"


def _is_outdated(body: Mapping[str, Any]) -> bool:
    observed = (body.get("status") or {}).get("observedGeneration")
    return observed is not None and observed != body["metadata"]["generation"]


def _without_decision(facts: Facts) -> str:
    if facts.cannot_act is not None:
        return f"No decision, because {facts.cannot_act.message}."
    return "No decision yet: no operator has reconciled the object."
