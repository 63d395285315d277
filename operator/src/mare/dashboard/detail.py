"""One object in full."""

from typing import Any

from mare.custom_resource.status import MOST_QUEUES
from mare.custom_resource.words import instant
from mare.dashboard.facts import facts_of
from mare.dashboard.serialize import Json, clause, known_or_none, measured, plain, sentence
from mare.dashboard.summary import summary
from mare.domain.observation import QueueReading
from mare.domain.unknown import Unknown
from mare.explanation.ahead import ahead
from mare.explanation.constraint import held_by
from mare.explanation.facts import Facts
from mare.explanation.ladder import ladder_of
from mare.explanation.problems import Problem, problems_of
from mare.loop.decision_log import DecisionLogEntry
from mare.loop.record import AutoscalerHistory


def detail(past: AutoscalerHistory, now: float) -> Json:
    view, facts = past.view, facts_of(past)
    queues = () if isinstance(view.reading.queues, Unknown) else view.reading.queues
    lines = list(past.decisions.newest_first())
    namespace, name = facts.key
    command = f"mare explain {name} -n {namespace}"
    return {
        **summary(past, now),
        "ladder": ladder(facts),
        "next": [clause(each) for each in ahead(facts, now)],
        "problems": [problem(each) for each in problems_of(facts)],
        "decisions": [
            {**_line(line), "explain": f"{command} --at {instant(line.at)}"} for line in lines
        ],
        "conditions": [
            {
                "type": each.type,
                "status": each.status,
                "reason": each.reason,
                "message": plain(each.message),
            }
            for each in view.conditions
        ],
        "queues": [_queue(each) for each in queues[:MOST_QUEUES]],
        "estimates": _estimates(facts),
        "history": {
            "since": past.series[-1].since,
            "decisionsSince": lines[-1].at if lines else None,
        },
        "explain": command,
    }


def ladder(facts: Facts) -> list[Json]:
    """The way from what was measured to the result, one rung a step."""
    return [
        {
            "stage": rung.stage,
            "replicas": rung.replicas,
            "deciding": rung.deciding,
            "clause": clause(rung.text),
        }
        for rung in (ladder_of(facts.decision) if facts.decision else ())
    ]


def problem(each: Problem) -> Json:
    return {
        "code": each.code,
        "about": each.about,
        "text": plain(each.text),
        "try": each.advice,
        "clauses": [clause(said) for said in (*each.clauses, each.advice)],
        "docs": each.page,
    }


def _line(line: DecisionLogEntry) -> Json:
    return {
        "at": line.at,
        "last": line.last,
        "count": line.samples,
        "from": line.current,
        "to": line.replicas,
        "reason": str(line.reason),
        "constraint": str(held_by(line.reason)),
        "sentence": sentence(line.current, line.replicas, line.message, line.clauses),
    }


def _queue(reading: QueueReading) -> Json:
    counted = reading.statistics_at
    at = None if isinstance(counted, Unknown) else counted
    return {
        "vhost": reading.vhost,
        "name": reading.name,
        "ready": measured(reading.ready, reading.read_at),
        "unacknowledged": measured(reading.unacknowledged, at),
        "consumers": measured(reading.consumers, reading.read_at),
    }


def _estimates(facts: Facts) -> dict[str, Any]:
    known = facts.estimates
    return {
        "arrivalRate": known_or_none(known.arrival_rate),
        "capacityPerReplica": known_or_none(known.capacity_per_replica),
        "serviceSeconds": known_or_none(known.service_seconds),
        "workersPerReplica": known_or_none(known.workers_per_replica),
        "startSeconds": known_or_none(known.start_seconds),
    }
