"""Why Pods are not ready: what most of them show in their status."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from mare.cluster.api import Api
from mare.cluster.bounded_answers import MAX_PAGE_BYTES, TooLarge
from mare.cluster.paths import PODS, PRESENT_PODS

_SAMPLE = 20
"""Pods that are read. Each takes 10 KB with its managed fields."""
_MOST_CHARACTERS = 160
_NOT_YET = {"ContainerCreating", "PodInitializing"}
"""Reasons of a container that waits for something else, such as a volume."""


async def unready_cause(api: Api, namespace: str, selector: str) -> str | None:
    """Return the most frequent cause of up to 20 Pods; None if all are ready or too large.

    Raises as `Api.request`.
    """
    query = [("labelSelector", selector), PRESENT_PODS, ("limit", str(_SAMPLE))]
    try:
        listed = await api.request("GET", PODS.path(namespace), query=query, most=MAX_PAGE_BYTES)
    except TooLarge:
        return None
    pods = [pod for pod in listed["items"] or () if "deletionTimestamp" not in pod["metadata"]]
    if not pods:
        return "no Pod was created"
    causes = Counter(cause for pod in pods if (cause := cause_of(pod)) is not None)
    return causes.most_common(1)[0][0] if causes else None


def cause_of(pod: Mapping[str, Any]) -> str | None:
    """Return why a Pod is not ready, in the words of Kubernetes; None if it is ready."""
    cause = _whole_cause_of(pod)
    return None if cause is None else cause[:_MOST_CHARACTERS]


def _whole_cause_of(pod: Mapping[str, Any]) -> str | None:
    status = pod.get("status") or {}
    conditions = {each["type"]: each for each in status.get("conditions") or ()}
    if conditions.get("Ready", {}).get("status") == "True":
        return None
    scheduled = conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return _text(scheduled.get("reason", "Unschedulable"), scheduled.get("message", ""))
    containers = [
        *(status.get("initContainerStatuses") or ()),
        *(status.get("containerStatuses") or ()),
    ]
    causes = [cause for each in containers if (cause := _cause_of_container(each)) is not None]
    if causes:
        return next((each for each in causes if each not in _NOT_YET), causes[0])
    return _text(status.get("reason") or "running, but not ready", status.get("message", ""))


def _cause_of_container(container: Mapping[str, Any]) -> str | None:
    state = container.get("state") or {}
    end = state.get("terminated") or (container.get("lastState") or {}).get("terminated") or {}
    if waiting := state.get("waiting"):
        reason = str(waiting.get("reason", "Waiting"))
        return f"{reason}: {_end(end)}" if end else reason
    if "terminated" in state and end.get("exitCode") != 0:
        return _end(end)
    return None


def _end(end: Mapping[str, Any]) -> str:
    """Return how a container ended, for example OOMKilled or exit code 1."""
    reason = end.get("reason", "Error")
    return f"exit code {end.get('exitCode')}" if reason in {"Error", "Completed"} else str(reason)


def _text(reason: str, message: str) -> str:
    """Return a reason and the first sentence of its message."""
    first = " ".join(str(message).split()).partition(". ")[0].rstrip(".")
    return f"{reason}: {first}" if first else str(reason)
