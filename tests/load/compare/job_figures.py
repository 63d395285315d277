"""What a run of Jobs shows: what became of the messages, and how many Jobs that took."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from mare.simulation.results import percentile

_COLUMNS: Mapping[str, str] = {
    "autoscaler": "autoscaler",
    "messages": "messages",
    "over": "within, s",
    "done": "done",
    "done_twice": "done twice",
    "redelivered": "redelivered",
    "jobs": "Jobs",
    "without_a_message": "without a message",
    "failed": "failed",
    "unfinished": "unfinished",
    "most": "most at a time",
    "first_job": "first Job, s",
    "last_done": "last done, s",
    "wait_p50": "wait p50, s",
    "wait_p95": "p95, s",
    "unstarted": "not begun, wait until the end",
    "pod_seconds": "Pod-seconds",
}


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the rows as Markdown. Rows of old versions lack a column."""
    lines = ["| " + " | ".join(_COLUMNS.values()) + " |", "|---|" + "---:|" * (len(_COLUMNS) - 1)]
    lines += ["| " + " | ".join(_cell(row.get(key, "")) for key in _COLUMNS) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    return f"{value:,.1f}" if isinstance(value, float) else str(value)


def is_owned(job: Mapping[str, Any], owner: str) -> bool:
    owners = job["metadata"].get("ownerReferences", [])
    return any(each["name"] == owner for each in owners)


def unfinished(jobs: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    return (each for each in jobs if not _end_of(each))


def figures_of_jobs(seen: Iterable[tuple[float, Mapping[str, Any]]]) -> dict[str, Any]:
    """Return the figures of Jobs as a watch has seen them, each with the time, in its order."""
    created: dict[str, float] = {}
    ended: dict[str, float] = {}
    failed = set()
    most = 0
    for at, each in seen:
        uid = each["metadata"]["uid"]
        created.setdefault(uid, at)
        if end := _end_of(each):
            ended.setdefault(uid, at)
        if end == "Failed":
            failed.add(uid)
        most = max(most, len(created) - len(ended))
    return {
        "jobs": len(created),
        "failed": len(failed),
        "unfinished": len(created) - len(ended),
        "most": most,
        "first_job": min(created.values(), default=None),
        "each_job": [(created[uid], ended.get(uid)) for uid in created],
    }


def figures_of_reports(
    reports: Sequence[Mapping[str, Any]], due: Sequence[float], end: float
) -> dict[str, Any]:
    """Return the figures of messages; those that no Job began wait until the end.

    Args:
        due: when each message is published, in seconds.
        end: when a run ends that is not done.
    """
    started = [each for each in reports if each["event"] == "started"]
    done = [each for each in reports if each["event"] == "done"]
    first: dict[int, float] = {}
    for each in started:
        first.setdefault(each["message"], each["at"] - each["published"])
    times = Counter(each["message"] for each in done)
    waits = sorted(first.get(number, end - at) for number, at in enumerate(due))
    return {
        "done": len(times),
        "done_twice": sum(1 for count in times.values() if count > 1),
        "redelivered": sum(each["redelivered"] for each in started),
        "without_a_message": sum(each["event"] == "empty" for each in reports),
        "last_done": max((each["at"] for each in done), default=None),
        "wait_p50": percentile(waits, 0.50) if waits else None,
        "wait_p95": percentile(waits, 0.95) if waits else None,
        "unstarted": len(due) - len(first),
        "reports": list(reports),
    }


def pod_seconds(pods: Iterable[Mapping[str, Any]]) -> float:
    """Return how long Pods that have ended were on a node."""
    total = 0.0
    for pod in pods:
        status = pod["status"]
        for container in status.get("containerStatuses", []):
            if end := container["state"].get("terminated"):
                total += _seconds(end["finishedAt"]) - _seconds(status["startTime"])
    return total


def _end_of(job: Mapping[str, Any]) -> str:
    """Return "Complete" or "Failed"; nothing for a Job that has not ended."""
    for each in job.get("status", {}).get("conditions") or ():
        if each["type"] in ("Complete", "Failed") and each["status"] == "True":
            return str(each["type"])
    return ""


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
