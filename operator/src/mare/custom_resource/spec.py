"""Reads the spec of a custom resource into a ScalingSpec."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import msgspec

from mare.custom_resource.fields import read_fields
from mare.domain.schedules import problem_of
from mare.domain.spec import (
    HPA_SCALE_DOWN,
    HPA_SCALE_UP,
    Behavior,
    Fallback,
    Pause,
    ScalingRules,
    ScalingSpec,
    Schedule,
    Target,
    VictimPolicy,
    default_behavior,
)

Fields = Mapping[str, Any]
_TARGETS: dict[str, type[Target]] = {kind.__name__: kind for kind in get_args(Target)}


@dataclass(frozen=True, slots=True)
class WrongSchedule:
    """A schedule whose cron expression or time zone is invalid; no schema can check that."""

    index: int
    """The index in spec.schedules."""
    problem: str


def read_spec(spec: Fields) -> ScalingSpec:
    """Read a spec that is validated and completed with defaults.

    Invalid schedules are left out, so that the other schedules still apply.
    """
    behavior = spec.get("behavior")
    down = (behavior or {}).get("scaleDown", {})
    activation, idle = spec.get("activation", {}), spec.get("idle", {})
    paused = spec.get("paused")
    given = {
        "victim_policy": VictimPolicy(down["victimPolicy"]) if "victimPolicy" in down else None,
        "max_drain_wait_seconds": down.get("maxDrainWaitSeconds"),
        "activation_threshold": activation.get("threshold"),
        "idle_replicas": idle.get("replicas"),
        "cooldown_seconds": idle.get("cooldownSeconds"),
        "drain_seconds": spec.get("drainSeconds"),
        "staleness_seconds": spec.get("stalenessSeconds"),
        "paused": Pause(paused) if paused else None,
        "paused_replicas": spec.get("pausedReplicas"),
    }
    targets = _read_targets(spec)
    return ScalingSpec(
        min_replicas=spec.get("minReplicas", 0),
        max_replicas=spec["maxReplicas"],
        targets=targets,
        behavior=default_behavior(targets) if behavior is None else _read_behavior(behavior),
        always_active=activation.get("mode") == "Always",
        fallback=read_fields(Fallback, spec["fallback"]) if "fallback" in spec else None,
        schedules=tuple(each for each in _read_schedules(spec) if problem_of(each) is None),
        dry_run=spec.get("dryRun", False),
        **{name: value for name, value in given.items() if value is not None},
    )


def _read_targets(spec: Fields) -> tuple[Target, ...]:
    targets = spec.get("targets") or [spec.get("target") or {}]
    workers = spec.get("nameko", {}).get("maxWorkers")
    return tuple(_read_target(target, workers) for target in targets)


def _read_target(target: Fields, nameko_workers: int | None) -> Target:
    kind = _TARGETS[target.get("type", "QueueWaitTime")]
    return read_fields(kind, {"workersPerReplica": nameko_workers}, target)


def _read_behavior(behavior: Fields) -> Behavior:
    """Read a behavior; absent fields have the defaults of a HorizontalPodAutoscaler."""
    return Behavior(
        scale_up=_read_rules(behavior.get("scaleUp", {}), HPA_SCALE_UP),
        scale_down=_read_rules(behavior.get("scaleDown", {}), HPA_SCALE_DOWN),
    )


def _read_rules(rules: Fields, defaults: ScalingRules) -> ScalingRules:
    tolerance = {"tolerance": read_quantity(rules.get("tolerance", defaults.tolerance))}
    return read_fields(ScalingRules, msgspec.to_builtins(defaults), rules, tolerance)


def read_quantity(value: float | str) -> float:
    """Read a number or a quantity in thousandths: 50m is 0.05."""
    if isinstance(value, str) and value.endswith("m"):
        return int(value[:-1]) / 1000
    return float(value)


def wrong_schedules(spec: Fields) -> tuple[WrongSchedule, ...]:
    problems = enumerate(map(problem_of, _read_schedules(spec)))
    return tuple(WrongSchedule(index, problem) for index, problem in problems if problem)


def _read_schedules(spec: Fields) -> tuple[Schedule, ...]:
    return tuple(read_fields(Schedule, schedule) for schedule in spec.get("schedules", ()))
