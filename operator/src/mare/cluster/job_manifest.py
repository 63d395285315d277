"""A Job as the API server has it: made of a jobTemplate, and read."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from mare.cluster.paths import MAX_LABEL, MAX_SUBDOMAIN
from mare.custom_resource import status_values
from mare.domain.jobs import Job, JobState
from mare.ports import Rejected

UID_LABEL, NAME_LABEL = "mare.dev/queueautoscaler-uid", "mare.dev/queueautoscaler"
_MAX_TEMPLATE = 65_536
"""Bytes of a jobTemplate as JSON: each Job contains it, and lists of Jobs are read whole."""
_MAX_NUMBER = 9_999_999_999
"""At 20 Jobs a second, which a namespace has at most, it is reached after 15 years."""
_MAX_BASE = 40
"""Of a name with hash and number, of which Pods have a label, at most 63 characters are allowed."""


def new_job(owner: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return the Job with this number of a QueueAutoscaler.

    Its name follows from object and number, so that a request that is sent twice, also by two
    leaders, creates one Job. Raises `Rejected`.
    """
    metadata, template = owner["metadata"], owner["spec"]["jobTemplate"]
    if len(json.dumps(template)) > _MAX_TEMPLATE:
        raise Rejected(f"spec.jobTemplate has more than {_MAX_TEMPLATE // 1024} KiB")
    given = template.get("metadata", {})
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": job_name(metadata["name"], metadata["uid"], number),
            "namespace": metadata["namespace"],
            "labels": {
                **given.get("labels", {}),
                UID_LABEL: metadata["uid"],
                NAME_LABEL: metadata["name"][:MAX_LABEL].rstrip("-."),
            },
            "annotations": given.get("annotations", {}),
            "ownerReferences": [
                {
                    "apiVersion": owner["apiVersion"],
                    "kind": owner["kind"],
                    "name": metadata["name"],
                    "uid": metadata["uid"],
                    "controller": True,
                }
            ],
        },
        "spec": template["spec"],
    }


def job_name(name: str, uid: str, number: int) -> str:
    base = re.sub("[^a-z0-9]+", "-", name)[:_MAX_BASE].rstrip("-")
    return f"{base}-{hashlib.sha256(uid.encode()).hexdigest()[:5]}-{number}"


def read_job(item: Mapping[str, Any]) -> tuple[str, Job] | None:
    """Return the UID of the owner and the Job; None if no QueueAutoscaler controls it."""
    metadata = item["metadata"]
    uid = str((metadata.get("labels") or {}).get(UID_LABEL, ""))
    owners = metadata.get("ownerReferences") or ()
    owner = next((e for e in owners if e["uid"] == uid and e.get("controller")), None)
    # Names in owner references have no bound: one of 1 MB took 45 ms.
    if owner is None or len(owner["name"]) > MAX_SUBDOMAIN:
        return None
    status = item.get("status") or {}
    created = status_values.seconds_of(metadata["creationTimestamp"])
    state, finished = _state(status, created)
    job = Job(
        name=metadata["name"],
        version=metadata["resourceVersion"],
        number=_number(metadata["name"], owner["name"], uid),
        state=state,
        created=created,
        finished=finished,
        failed_pods=status.get("failed", 0),
        terminating="deletionTimestamp" in metadata,
        restarts_containers=_restart_policy(item) == "OnFailure",
    )
    return uid, job


def _restart_policy(item: Mapping[str, Any]) -> str | None:
    """Return the restartPolicy; None for a Job so large that a list has its metadata only."""
    pods = item["spec"]["template"]["spec"] if "spec" in item else {}
    policy: str | None = pods.get("restartPolicy")
    return policy


def _number(name: str, owner: str, uid: str) -> int:
    """Return the number in a name, which unlike annotations and labels never changes."""
    digits = name.rpartition("-")[2]
    if not digits.isdecimal() or len(digits) > len(str(_MAX_NUMBER)):
        return 0
    number = int(digits)
    return number if name == job_name(owner, uid, number) else 0


def _state(status: Mapping[str, Any], created: float) -> tuple[JobState, float | None]:
    """Return the state, and when the Job ended: a moment that is no time counts as `created`."""
    for each in status.get("conditions") or ():
        if each["status"] == "True" and each["type"] in {"Complete", "Failed"}:
            state = JobState.SUCCEEDED if each["type"] == "Complete" else JobState.FAILED
            at = status.get("completionTime") or each.get("lastTransitionTime")
            return state, status_values.read_time(at) or created
    # The job controller writes the names of ended Pods first, and counts them in a second request.
    ended = (status.get("uncountedTerminatedPods") or {}).get("succeeded")
    is_running = status.get("ready", 0) > 0 or status.get("succeeded", 0) > 0 or bool(ended)
    return JobState.RUNNING if is_running else JobState.STARTING, None
