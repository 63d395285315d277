"""A job as clients see it: the same document in answers, streams and webhooks."""

from collections.abc import Mapping
from typing import Any

UNFINISHED = frozenset({"pending", "running", "partial"})
ID_PATTERN = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def document(job: Mapping[str, Any]) -> dict[str, Any]:
    path = path_of(job["id"])
    links = {"self": path, "events": f"{path}/events", "cancel": path}
    if not is_batch(job):
        links["retry"] = f"{path}/retry"
    return {**job, "links": links}


def is_batch(job: Mapping[str, Any]) -> bool:
    return "progress" in job


def path_of(job_id: str) -> str:
    return f"/v1/jobs/{job_id}"
