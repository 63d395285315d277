"""Reads the spec of a custom resource into a ScalingSpec."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import msgspec

from mare.custom_resource.fields import read_fields
from mare.domain.schedules import problem_of
from mare.domain.spec import (
    Behavior,
    Fallback,
    ForecastMode,
    JobRules,
    Pause,
    QueueLength,
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
    victims = spec.get("victims", {})
    activation, idle = spec.get("activation", {}), spec.get("idle", {})
    paused, forecast = spec.get("paused"), spec.get("forecast", {}).get("mode")
    given = {
        "victim_policy": VictimPolicy(victims["policy"]) if "policy" in victims else None,
        "max_drain_wait_seconds": victims.get("maxDrainWaitSeconds"),
        "activation_threshold": activation.get("threshold"),
        "idle_replicas": idle.get("replicas"),
        "cooldown_seconds": idle.get("cooldownSeconds"),
        "drain_seconds": spec.get("drainSeconds"),
        "staleness_seconds": spec.get("stalenessSeconds"),
        "forecast": ForecastMode(forecast) if forecast else None,
        "paused": Pause(paused) if paused else None,
        "paused_replicas": spec.get("pausedReplicas"),
    }
    targets = () if "jobTemplate" in spec else _read_targets(spec)
    return ScalingSpec(
        min_replicas=spec.get("minReplicas", 0),
        max_replicas=spec["maxReplicas"],
        targets=targets,
        behavior=read_behavior(spec.get("behavior", {}), default_behavior(targets)),
        always_active=activation.get("mode") == "Always",
        fallback=read_fields(Fallback, spec["fallback"]) if "fallback" in spec else None,
        schedules=tuple(each for each in _read_schedules(spec) if problem_of(each) is None),
        dry_run=spec.get("dryRun", False),
        jobs=read_fields(JobRules, spec.get("jobs", {})) if "jobTemplate" in spec else None,
        **{name: value for name, value in given.items() if value is not None},
    )


def _read_targets(spec: Fields) -> tuple[Target, ...]:
    targets = spec.get("targets") or [spec.get("target") or {}]
    workers = spec.get("nameko", {}).get("maxWorkers")
    return tuple(_read_target(target, workers) for target in targets)


def _read_target(target: Fields, nameko_workers: int | None) -> Target:
    kind = _TARGETS[target.get("type", "QueueWaitTime")]
    if kind is QueueLength:  # its formula counts all unacknowledged messages by default
        return read_fields(kind, target)
    return read_fields(kind, {"workersPerReplica": nameko_workers}, target)


def read_behavior(behavior: Fields, default: Behavior) -> Behavior:
    """Read a behavior; what it does not give is as in `default`."""
    down = behavior.get("scaleDown", {})
    if "victimPolicy" in down or "maxDrainWaitSeconds" in down:  # stored by an older version
        text = "spec.behavior.scaleDown: victimPolicy is policy of spec.victims"
        raise ValueError(f"{text}, maxDrainWaitSeconds is maxDrainWaitSeconds of spec.victims")
    is_given = "stabilizationWindowSeconds" in down
    return Behavior(
        scale_up=_read_rules(behavior.get("scaleUp", {}), default.scale_up),
        scale_down=_read_rules(down, default.scale_down),
        window_follows_load=default.window_follows_load and not is_given,
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
