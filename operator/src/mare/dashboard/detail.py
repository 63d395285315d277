"""One object with its decisions, trace, problems and queues, and its explanation as text."""

from click import unstyle

from mare.custom_resource.status import MOST_QUEUES
from mare.custom_resource.status_values import instant, seconds_of
from mare.dashboard.http_rules import HttpError
from mare.dashboard.serialize import (
    Json,
    redact,
    serialize_clause,
    serialize_reading,
    serialize_sentence,
)
from mare.dashboard.summary import facts_of, summary
from mare.domain.decision import Decision
from mare.domain.observation import QueueReading
from mare.domain.unknown import Unknown
from mare.explanation.explained import Explained, NothingRecorded, at, oldest
from mare.explanation.facts import Facts
from mare.explanation.next_changes import next_changes
from mare.explanation.problems import Problem, problems_of
from mare.explanation.stored import Recorded
from mare.explanation.text import text, text_at
from mare.loop.decision_log import DecisionLogEntry
from mare.loop.record import AutoscalerHistory


def detail(history: AutoscalerHistory, now: float) -> Json:
    view, facts = history.view, facts_of(history)
    queues = () if isinstance(view.reading.queues, Unknown) else view.reading.queues
    entries = list(history.decisions.newest_first())
    return {
        **summary(history, now),
        "trace": trace(facts.decision),
        "next": [serialize_clause(each) for each in next_changes(facts, now)],
        "problems": [problem(each) for each in problems_of(facts)],
        "decisions": [
            {**_entry(entry), "explain": _explain_command(facts, instant(entry.at))}
            for entry in entries
        ],
        "queues": [_queue(each) for each in queues[:MOST_QUEUES]],
        "history": {
            "since": history.series[-1].since,
            "decisionsSince": entries[-1].at if entries else None,
            "loadSince": history.load.since,
        },
        "explain": _explain_command(facts),
    }


def _explain_command(facts: Facts, at: str = "") -> str:
    """Return the command that explains the object; the page replaces {page} by its address.

    Under `mare local` the object is in no cluster: only this server knows it.
    """
    key = facts.key
    if facts.target.kind == "command":
        query = at and f"?at={at}"
        return f"curl -s '{{page}}api/objects/{key.namespace}/{key.name}/explain{query}'"
    return f"mare explain {key.name} -n {key.namespace}" + (at and f" --at {at}")


def trace(decision: Decision | None) -> list[Json]:
    """Return the steps of the newest decision, from the reading to the result."""
    return [
        {
            "stage": str(step.stage),
            "replicas": step.replicas,
            "deciding": decision is not None and step is decision.deciding_step,
            "clause": serialize_clause(step.text),
        }
        for step in (decision.steps if decision else ())
    ]


def problem(each: Problem) -> Json:
    return {
        "code": each.code,
        "about": each.about,
        "text": redact(each.text),
        "try": each.advice,
        "clauses": [serialize_clause(clause) for clause in (*each.clauses, each.advice)],
    }


def _entry(entry: DecisionLogEntry) -> Json:
    decision = entry.decision
    return {
        "at": entry.at,
        "last": entry.last,
        "count": entry.samples,
        "reason": str(decision.reason),
        "sentence": serialize_sentence(decision),
    }


def _queue(reading: QueueReading) -> Json:
    return {
        "vhost": reading.vhost,
        "name": reading.name,
        "ready": serialize_reading(reading.ready),
        "unacknowledged": serialize_reading(reading.unacknowledged),
        "consumers": serialize_reading(reading.consumers),
    }


def explanation(history: AutoscalerHistory, now: float, moment: str | None) -> str:
    """Explain the newest decision, or the one of an RFC 3339 time; raise `HttpError`."""
    facts = facts_of(history)
    decisions = tuple(
        Recorded(at=int(each.at), decision=each.decision)  # commands name whole seconds
        for each in history.decisions.newest_first()
    )
    if moment is None:
        sentence = facts.decision.message if facts.decision else "No decision yet."
        explained = Explained(facts=facts, now=now, sentence=sentence, decisions=decisions)
        return _plain(text(explained, now))
    try:
        past = at(decisions, seconds_of(moment))
    except ValueError as error:
        raise HttpError(400, "BadRequest", "at must be a time in RFC 3339.") from error
    except NothingRecorded as error:
        raise HttpError(404, "NotFound", f"Nothing is recorded of that time: {error}.") from error
    return _plain(text_at(past, facts.key.name, oldest(decisions)))


def _plain(shown: str) -> str:
    return redact(unstyle(shown))
