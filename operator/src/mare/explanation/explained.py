"""The explanation of one object, which `mare explain` prints as text or JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mare.custom_resource.status_values import instant, seconds_of
from mare.domain.clause import Clause
from mare.domain.reason import Reason
from mare.explanation.constraint import Verdict, constraint_of, limit_of, verdict_of
from mare.explanation.facts import Facts
from mare.explanation.next_changes import next_changes
from mare.explanation.problems import Problem, problems_of
from mare.explanation.stored import Recorded, facts_of_object, recorded

_RECONCILED_WITHIN = 30.0
"""Seconds after which a running operator has written the first status."""


class NothingRecorded(Exception):
    """No decision is recorded for that time. The text names the oldest one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    facts: Facts
    verdict: Verdict
    constraint: Reason
    sentence: str
    next_changes: tuple[Clause, ...]
    problems: tuple[Problem, ...]
    decisions: tuple[Recorded, ...]
    outdated: bool
    """Whether the spec changed after the status was written."""


def explain(body: Mapping[str, Any], now: float) -> Explained:
    """Explain a stored object; raise ValueError if a newer operator wrote its status."""
    facts = facts_of_object(body, now)
    decision = facts.decision
    sentence = decision.message if decision else _without_decision(facts, body, now)
    return explain_facts(facts, recorded(body), sentence, now, outdated=_is_outdated(body))


def explain_facts(
    facts: Facts,
    decisions: tuple[Recorded, ...],
    sentence: str,
    now: float,
    *,
    outdated: bool = False,
) -> Explained:
    return Explained(
        facts=facts,
        verdict=verdict_of(facts),
        constraint=constraint_of(facts),
        sentence=sentence,
        next_changes=next_changes(facts, now),
        problems=problems_of(facts),
        decisions=decisions,
        outdated=outdated,
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
    return f"the oldest decision in its {decisions[-1].source} is from {instant(decisions[-1].at)}"


def constraint_at(past: Recorded) -> Reason:
    return limit_of(past.decision.reason)


def _is_outdated(body: Mapping[str, Any]) -> bool:
    observed = (body.get("status") or {}).get("observedGeneration")
    return observed is not None and observed != body["metadata"]["generation"]


def _without_decision(facts: Facts, body: Mapping[str, Any], now: float) -> str:
    if facts.cannot_act is not None:
        return f"No decision, because {facts.cannot_act.message}."
    created = body["metadata"].get("creationTimestamp")
    if body.get("status") or not created or now - seconds_of(created) < _RECONCILED_WITHIN:
        return "No decision yet: no operator has reconciled the object."
    return (
        f"No operator has reconciled the object since {created}. Check that one runs and watches"
        f" namespace {facts.key.namespace}: kubectl get deployments --all-namespaces"
        " -l app.kubernetes.io/name=operator,app.kubernetes.io/part-of=mare"
    )
