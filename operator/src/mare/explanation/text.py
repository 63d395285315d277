"""An explanation as text with colours. The caller removes them if the output is no terminal."""

from collections.abc import Iterator, Sequence

from click import style

from mare.custom_resource.status_values import instant
from mare.domain.decision import Decision
from mare.domain.observation import QueueReading
from mare.domain.reason import Reason
from mare.domain.unknown import Unknown, known, total
from mare.explanation.constraint import Verdict, constraint_of, limit_of, verdict_of
from mare.explanation.explained import Explained
from mare.explanation.leading import Renewal, Unread
from mare.explanation.next_changes import next_changes
from mare.explanation.problems import problems_of
from mare.explanation.stored import Recorded
from mare.explanation.victims import victims_of

_COLOURS = {
    Verdict.ON_TARGET: "green",
    Verdict.LIMITED: "yellow",
    Verdict.UNKNOWN: "magenta",
    Verdict.UNABLE: "red",
}
_SILENT_SECONDS = 60.0
"""Age of a decision from which on the text says that perhaps no operator leads."""
_RECENT_SECONDS = 5.0
"""Age of a decision up to which the text does not mention it."""


def text(explained: Explained, now: float) -> str:
    return "\n".join(_lines(explained, now)) + "\n"


def text_at(past: Recorded, name: str, oldest: str) -> str:
    decision = past.decision
    lines = [
        f"{name} at {instant(past.at)}: {limit_of(decision.reason)}",
        decision.message,
        *_trace(decision),
        "",
        f"Source: its status; {oldest}.",
    ]
    return "\n".join(lines) + "\n"


def _lines(explained: Explained, now: float) -> Iterator[str]:
    facts, verdict = explained.facts, verdict_of(explained.facts)
    is_plain = verdict is Verdict.ON_TARGET or (facts.decision is None and not facts.cannot_act)
    state = verdict.text if is_plain else f"{verdict.text} ({constraint_of(facts)})"
    missing = facts.missing_replicas
    if missing and constraint_of(facts) is Reason.TOO_MANY_REPLICAS:
        state = f"at maximum, {missing} more needed ({Reason.TOO_MANY_REPLICAS})"
    name = f"{facts.target.kind}/{facts.target.name}"
    yield f"{style(name, bold=True)} is {style(state, fg=_COLOURS[verdict])}"
    yield explained.sentence
    yield from _trace(facts.decision)
    if changes := next_changes(facts, explained.now):
        yield ""
        yield from (f"Next: {clause}." for clause in changes)
        if victims := victims_of(facts):
            yield f"Scale-down: {victims}."
    for problem in problems_of(facts):
        yield ""
        warning = style(f"Warning {problem.code}", fg="yellow", bold=True)
        yield f"{warning} ({problem.about}) {problem.text}"
        yield f"  try: {problem.advice}"
        yield f"  see: docs/{problem.page}"
    for hint in (each for each in facts.conditions if each.is_hint):
        yield ""
        yield f"{style('Hint', bold=True)}: {hint.message}."
    if len(explained.decisions) > 1:
        yield ""
        yield "Last decisions:"
        yield from map(_decision, explained.decisions)
    yield from _age(explained, now)
    yield from _shard(explained)


def _shard(explained: Explained) -> Iterator[str]:
    leading = explained.leading
    if isinstance(leading, Renewal) and leading.shard is not None:
        shard, shards = leading.shard
        leader = leading.leader or "none yet"
        yield ""
        yield f"Shard {shard} of {shards}; its leader: {leader}."


def _trace(decision: Decision | None) -> Iterator[str]:
    if decision is None or not decision.steps:
        return
    yield ""
    for step in decision.steps:
        count = "" if step.replicas is None else str(step.replicas)
        line = f"{step.stage:<9} {count:>5}  {step.text}"
        yield style(f"> {line}", bold=True) if step is decision.deciding_step else f"  {line}"


def _decision(past: Recorded) -> str:
    return f"  {instant(past.at)}  {past.decision.reason:<19} {past.decision.message}"


def _age(explained: Explained, now: float) -> Iterator[str]:
    if explained.outdated:
        yield ""
        yield "The spec has changed since: the operator has not reconciled it yet."
    decided_at = explained.decisions[0].at if explained.decisions else now
    if now - decided_at > _RECENT_SECONDS:
        yield ""
        yield f"Decided {_span(now - decided_at)} ago. {_since(explained, now - decided_at)}"
        yield from _last_read(explained.facts.queues, decided_at, now)
        yield "Current values are on the operator's dashboard."


def _since(explained: Explained, seconds: float) -> str:
    """Return what is known of the operator since the last decision in the status."""
    if explained.facts.has_no_leader:
        return "No operator has decided since, and the numbers above are from then."
    if isinstance(explained.leading, Unread) and seconds > _SILENT_SECONDS:
        return (
            f"No operator has recorded another decision for {_span(seconds)}: count and reason"
            f" have not changed, or no operator leads (unknown: {explained.leading.cause})."
        )
    return "Count and reason have not changed since."


def _last_read(
    queues: Sequence[QueueReading] | Unknown, decided_at: float, now: float
) -> Iterator[str]:
    """Yield what the queues contained after the decision, whose numbers may be old."""
    if isinstance(queues, Unknown) or not queues:
        return
    read_at = max(each.read_at for each in queues)
    if read_at > decided_at:
        ready, unacknowledged, consumers = (
            known(total(getattr(each, name) for each in queues), "unknown")
            for name in ("ready", "unacknowledged", "consumers")
        )
        counts = f"{ready} ready, {unacknowledged} unacknowledged, {consumers} consumers"
        yield f"Read {_span(now - read_at)} ago: {counts}."


def _span(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
