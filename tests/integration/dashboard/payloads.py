"""The JSON of objects in the situations of the tests."""

import copy
from typing import Any

Json = dict[str, Any]


def measured(value: float | None, at: float, unknown: Json | None = None) -> Json:
    if value is None:
        return {"value": None, "at": None, "unknown": unknown or MISSING}
    return {"value": value, "at": at}


MISSING = {"reason": "QueueNotFound", "cause": "queue orders does not exist", "name": "orders"}


def clause(code: str, text: str, **numbers: Any) -> Json:
    return {"code": code, "numbers": numbers, "text": text}


def sentence(before: int, after: int, *clauses: Json) -> Json:
    return {"from": before, "to": after, "clauses": list(clauses)}


def estimate(rate: float, most: float) -> Json:
    text = f"estimate: {rate:g} in, up to {most:g} out"
    return clause("drain.estimate", text, arrivalRate=rate, capacity=most)


def backlog(ready: float, replicas: int) -> Json:
    text = (
        f"{ready:g} ready messages and an arrival rate of 41.2 messages/s at 8.5 messages/s per"
        f" replica need {replicas} replicas to empty the queues in 24 s"
    )
    numbers = {"arrivalRate": 41.2, "capacity": 8.5, "replicas": replicas, "backlogSeconds": 24}
    return clause("wait.backlog", text, ready=ready, **numbers)


def summary(at: float, namespace: str = "music", name: str = "playlists", **changes: Any) -> Json:
    """One object; a dotted key changes a part: `replicas.desired`."""
    depth = 240 + int(5 * at) % 7
    summary_json: Json = {
        "namespace": namespace,
        "name": name,
        "target": {"kind": "Deployment", "name": name},
        "attention": "none",
        "dryRun": False,
        "replicas": {"min": 0, "max": 20, "running": 4, "requested": 6, "desired": 6, "raw": 6},
        "depth": measured(depth, at - 0.4),
        "ready": measured(depth - 9, at - 0.4),
        "unacknowledged": measured(9, at - 4),
        "wait": measured(1.93, at - 0.4),
        "waitTarget": 2.0,
        "publishRate": measured(41.2, at - 4),
        "ackRate": measured(39.8, at - 4),
        "drain": {**measured(5.1, at - 0.4), "estimate": estimate(41.2, 51)},
        "fresh": True,
        "constraint": {"code": "DesiredWithinRange", "until": None},
        "sentence": sentence(6, 6, backlog(depth - 9, 6)),
        "changedAt": int(at / 60) * 60 - 41,
    }
    for path, value in changes.items():
        place = summary_json
        *way, last = path.split("__")
        for step in way:
            place = place[step]
        place[last] = value
    return summary_json


def operator(at: float, **changes: Any) -> Json:
    return {
        "version": "0.1.0",
        "leader": "mare-operator-7d9c-x2x",
        "tickedAt": at,
        "brokers": {"total": 1, "unread": None, "alarm": None},
        "errors": 0,
    } | changes


def detail(at: float, summary_json: Json, operator_state: Json) -> Json:
    """A summary with the data of the page of one object."""
    decided = summary_json["sentence"]
    steps = decided["clauses"] if decided else []
    stages = ["proposal", "window", "policy", "bounds"]
    last = len(steps) - 1
    count = decided["to"] if decided else None
    trace = [
        {"stage": stages[n], "replicas": count, "deciding": n == last, "clause": step}
        for n, step in enumerate(steps)
    ]
    queue = {"name": f"rpc-{summary_json['name']}", "vhost": "/", "consumers": measured(40, at)}
    return copy.deepcopy(summary_json) | {
        "at": at,
        "operator": operator_state,
        "trace": trace,
        "next": [clause("next.scalesUpAt", "scales up at 281 messages", messages=281)]
        if decided
        else [],
        "problems": summary_json.get("problems", []),
        "decisions": decisions(at) if decided else [],
        "queues": [queue | {each: summary_json[each] for each in ("ready", "unacknowledged")}],
        "history": {
            "since": at - 200_000,
            "decisionsSince": at - 200_000,
            "loadSince": int(at) - 80_000,
        },
        "explain": f"mare explain {summary_json['name']} -n {summary_json['namespace']}",
    }


def decisions(at: float) -> list[Json]:
    """Newest first: two changes, a folded hold, and enough others to fold the list."""
    start = int(at / 60) * 60 - 41
    held = clause(
        "window.down",
        "4 was still wanted within the last 60 s",
        replicas=4,
        windowSeconds=60,
        seconds=41,
    )
    changes = [(start - 61 - 70 * n, 2 + n % 3, 3 + n % 2) for n in range(9)]
    return [
        _decision(start, 4, 6, sentence(4, 6, backlog(231, 6))),
        _decision(start - 60, 4, 4, sentence(4, 4, backlog(90, 3), held), count=57),
        *(
            _decision(moment, before, after, sentence(before, after, backlog(120, after)))
            for moment, before, after in changes
        ),
    ]


def _decision(at: float, before: int, after: int, decided: Json, count: int = 1) -> Json:
    return {
        "at": at,
        "last": at + count - 1,
        "count": count,
        "reason": "LoadGrew" if after > before else "LoadFell",
        "sentence": decided,
        "explain": f"mare explain playlists -n music --at {int(at)}",
    }
