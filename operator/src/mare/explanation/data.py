"""An explanation as JSON with stable keys and codes."""

from typing import Any

from mare.custom_resource.status_values import instant
from mare.domain.decision import Decision
from mare.explanation.constraint import constraint_of, limit_of, verdict_of
from mare.explanation.explained import Explained
from mare.explanation.leading import Leading, Unread
from mare.explanation.next_changes import next_changes
from mare.explanation.problems import problems_of
from mare.explanation.stored import Recorded

Json = dict[str, Any]


def data(explained: Explained) -> Json:
    facts, decision = explained.facts, explained.facts.decision
    verdict = verdict_of(facts)
    return {
        "namespace": facts.key.namespace,
        "name": facts.key.name,
        "target": {"kind": facts.target.kind, "name": facts.target.name},
        "verdict": verdict.name,
        "exitCode": verdict.exit_code,
        "constraint": str(constraint_of(facts)),
        "sentence": explained.sentence,
        "replicas": {
            "min": facts.spec.min_replicas,
            "max": facts.spec.max_replicas,
            "ready": facts.ready,
            "requested": facts.requested,
            "desired": decision.desired if decision else None,
            "raw": decision.raw if decision else None,
        },
        "depth": facts.depth,
        "waitSeconds": facts.wait_seconds,
        "written": instant(facts.at) if facts.at else None,
        "outdated": explained.outdated,
        "trace": _trace(decision),
        "next": [
            {"code": each.code, "numbers": dict(each.numbers), "text": str(each)}
            for each in next_changes(facts, explained.now)
        ],
        "problems": [
            {
                "code": each.code,
                "about": each.about,
                "text": each.text,
                "try": each.advice,
                "docs": each.page,
            }
            for each in problems_of(facts)
        ],
        "decisions": [data_at(each) for each in explained.decisions],
        "shard": _shard(explained.leading),
    }


def _shard(leading: Leading) -> Json | None:
    if isinstance(leading, Unread) or leading.shard is None:
        return None
    shard, shards = leading.shard
    return {"number": shard, "of": shards, "leader": leading.leader or None}


def data_at(past: Recorded) -> Json:
    decision = past.decision
    return {
        "time": instant(past.at),
        "from": decision.current,
        "to": decision.replicas,
        "raw": decision.raw,
        "reason": str(decision.reason),
        "constraint": str(limit_of(decision.reason)),
        "sentence": decision.message,
        "trace": _trace(decision),
    }


def _trace(decision: Decision | None) -> list[Json]:
    if decision is None:
        return []
    return [
        {
            "stage": step.stage,
            "replicas": step.replicas,
            "text": str(step.text),
            "deciding": step is decision.deciding_step,
        }
        for step in decision.steps
    ]
