"""Writes a ScalingSpec as the fields of a custom resource, the reverse of `read_spec`.

What says who scales and whether at all is left out: scaleTargetRef,
jobTemplate, brokerRef, paused, dryRun.
"""

import re
from typing import Any

import msgspec

from mare.domain.spec import (
    Behavior,
    ForecastMode,
    ScalingSpec,
    Target,
    VictimPolicy,
    default_behavior,
)

Fields = dict[str, Any]
_DEFAULT = ScalingSpec(max_replicas=1)


def spec_fields(spec: ScalingSpec) -> Fields:
    """Return the fields that are not the defaults; both bounds and the targets always."""
    targets = [_target(each) for each in spec.targets]
    fields: Fields = {
        "minReplicas": spec.min_replicas,
        "maxReplicas": spec.max_replicas,
        **({"target": targets[0]} if len(targets) == 1 else {"targets": targets}),
        "behavior": _behavior(spec),
        "victims": {
            "policy": _unless(spec.victim_policy, VictimPolicy.IDLE_FIRST),
            "maxDrainWaitSeconds": _changed(spec, "max_drain_wait_seconds"),
        },
        "activation": {
            "threshold": _changed(spec, "activation_threshold"),
            "mode": "Always" if spec.always_active else None,
        },
        "idle": {
            "replicas": spec.idle_replicas,
            "cooldownSeconds": _changed(spec, "cooldown_seconds"),
        },
        "fallback": camel_case(spec.fallback),
        "drainSeconds": spec.drain_seconds,
        "stalenessSeconds": _changed(spec, "staleness_seconds"),
        "schedules": [camel_case(each) for each in spec.schedules],
        "forecast": {"mode": _unless(spec.forecast, ForecastMode.ON)},
    }
    return _without_empty(fields)


def behavior_fields(behavior: Behavior) -> Fields:
    """Return the rules of both directions. A window that follows the load has no fixed length."""
    down = camel_case(behavior.scale_down)
    if behavior.window_follows_load:
        del down["stabilizationWindowSeconds"]
    return {"scaleUp": camel_case(behavior.scale_up), "scaleDown": down}


def camel_case(value: Any) -> Any:
    """Return a dataclass as JSON with the names of a custom resource, without None."""
    return _renamed(msgspec.to_builtins(value))


def _target(target: Target) -> Fields:
    fields: Fields = camel_case(target)
    return _without_empty({"type": type(target).__name__, **fields})


def _behavior(spec: ScalingSpec) -> Fields | None:
    is_default = spec.behavior == default_behavior(spec.targets)
    return None if is_default else behavior_fields(spec.behavior)


def _changed(spec: ScalingSpec, name: str) -> Any:
    return _unless(getattr(spec, name), getattr(_DEFAULT, name))


def _unless(value: Any, default: Any) -> Any:
    return None if value == default else value


def _without_empty(fields: Fields) -> Fields:
    kept = {}
    for name, value in fields.items():
        below = _without_empty(value) if isinstance(value, dict) else value
        if below not in (None, {}, []):
            kept[name] = below
    return kept


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {_camel(name): _renamed(each) for name, each in value.items() if each is not None}
    return [_renamed(each) for each in value] if isinstance(value, list | tuple) else value


def _camel(name: str) -> str:
    return re.sub("_([a-z])", lambda found: found[1].upper(), name)
