"""The scale of a workload, as the workload itself or its /scale subresource has it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from mare.cluster.paths import Resource
from mare.custom_resource.autoscaler import ScaleTarget
from mare.domain.observation import READY_NOT_REPORTED
from mare.domain.unknown import Unknown
from mare.ports import InvalidName, Scale

_DEFAULT_GRACE_SECONDS = 30
_MAX_SELECTOR = 4_096
"""Characters. Each workload's selector is kept, and 100 labels have fewer."""


def is_complete(api_version: str) -> bool:
    """Return whether objects of this version have count, ready replicas and grace period."""
    return api_version == "apps/v1"


def scale_of_item(item: Mapping[str, Any], target: ScaleTarget, *, may_mark: bool = True) -> Scale:
    spec, status = item["spec"], item.get("status") or {}
    pod = spec.get("template", {}).get("spec", {})
    return Scale(
        replicas=spec.get("replicas", 1),
        version=item["metadata"]["resourceVersion"],
        ready=status.get("readyReplicas", 0),
        selector=_selector(spec.get("selector", {})),
        grace_seconds=pod.get("terminationGracePeriodSeconds", _DEFAULT_GRACE_SECONDS),
        ignores_deletion_cost=not target.keeps_replica_sets,
        may_mark=may_mark,
    )


def scale_of_subresource(
    answer: Mapping[str, Any],
    target: ScaleTarget,
    before: Scale | Unknown | None,
    *,
    may_mark: bool,
) -> Scale:
    """Read /scale, which has neither ready replicas nor grace period: those are from `before`."""
    known = before if isinstance(before, Scale) else None
    return Scale(
        replicas=answer.get("spec", {}).get("replicas", 0),
        version=answer["metadata"]["resourceVersion"],
        ready=known.ready if known else READY_NOT_REPORTED,
        selector=answer.get("status", {}).get("selector", ""),
        grace_seconds=known.grace_seconds if known else None,
        ignores_deletion_cost=not target.keeps_replica_sets,
        may_mark=may_mark,
    )


def keepable(scale: Scale, target: ScaleTarget) -> Scale | Unknown:
    """Return the scale, or why it is not kept."""
    if len(scale.selector) <= _MAX_SELECTOR:
        return scale
    cause = f"the selector of {target} has more than {_MAX_SELECTOR:,} characters"
    return Unknown("SelectorTooLong", cause, str(target))


def _selector(selector: Mapping[str, Any]) -> str:
    parts = [f"{key}={value}" for key, value in selector.get("matchLabels", {}).items()]
    for rule in selector.get("matchExpressions", ()):
        key, values = rule["key"], ",".join(rule.get("values", ()))
        match rule["operator"]:
            case "Exists":
                parts.append(key)
            case "DoesNotExist":
                parts.append(f"!{key}")
            case operator:
                parts.append(f"{key} {operator.lower()} ({values})")
    return ",".join(parts)


def target_of_item(item: Mapping[str, Any], api_version: str, kind: str) -> ScaleTarget:
    metadata = item["metadata"]
    return ScaleTarget(metadata["namespace"], api_version, kind, metadata["name"])


@lru_cache(maxsize=4096)
def invalid_name(target: ScaleTarget) -> Unknown | None:
    """Return why no request can be made for a target; without a request, for its names alone."""
    try:
        Resource(target.api_version, "scales").path(target.namespace, target.name)
    except InvalidName as error:
        return Unknown("InvalidName", f"spec.scaleTargetRef: {error}")
    return None


def missing(target: ScaleTarget) -> Unknown:
    return Unknown("WorkloadNotFound", f"{target} does not exist", str(target))


def accepted(api_version: str, metadata: str) -> str:
    """Return what lists and watches request: only metadata where no other field is used."""
    return "application/json" if is_complete(api_version) else metadata
