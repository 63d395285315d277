"""Reads the spec of a QueueAutoscaler into the policy of the domain."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mare.domain.policy import (
    HPA_SCALE_DOWN,
    HPA_SCALE_UP,
    Behavior,
    ExpectedQueueConsumptionTime,
    Fallback,
    FallbackBehavior,
    MaximumConcurrency,
    MessageRate,
    Pause,
    Policy,
    PolicyType,
    PublishedToDeliveredRatio,
    QueueLength,
    QueueWaitTime,
    ScalingPolicy,
    ScalingRules,
    Schedule,
    SelectPolicy,
    Target,
    VictimPolicy,
    default_behavior,
)
from mare.domain.schedules import problem_of

Spec = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WrongSchedule:
    """A schedule whose cron expression or time zone is invalid; no schema can check that."""

    index: int
    """The index in spec.schedules."""
    problem: str


def read_policy(spec: Spec) -> Policy:
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
    return Policy(
        min_replicas=spec.get("minReplicas", 0),
        max_replicas=spec["maxReplicas"],
        targets=targets,
        behavior=default_behavior(targets) if behavior is None else _read_behavior(behavior),
        always_active=activation.get("mode") == "Always",
        fallback=_read_fallback(spec["fallback"]) if "fallback" in spec else None,
        schedules=tuple(each for each in _read_schedules(spec) if problem_of(each) is None),
        dry_run=spec.get("dryRun", False),
        **{name: value for name, value in given.items() if value is not None},
    )


def _read_targets(spec: Spec) -> tuple[Target, ...]:
    targets = spec.get("targets") or [spec.get("target") or {}]
    workers = spec.get("nameko", {}).get("maxWorkers")
    return tuple(_read_target(target, workers) for target in targets)


def _read_target(target: Spec, nameko_workers: int | None) -> Target:
    queues = tuple(target.get("queues", ()))
    workers = target.get("workersPerReplica", nameko_workers)
    capacity = target.get("capacityPerReplica")
    match target.get("type", "QueueWaitTime"):
        case "QueueLength":
            return QueueLength(
                messages_per_replica=target["messagesPerReplica"],
                exclude_unacknowledged=target.get("excludeUnacknowledged", False),
                queues=queues,
            )
        case "MessageRate":
            each = target["messagesPerSecondPerReplica"]
            return MessageRate(messages_per_second_per_replica=each)
        case "PublishedToDeliveredRatio":
            return PublishedToDeliveredRatio(ratio=target["ratio"])
        case "ExpectedQueueConsumptionTime":
            return ExpectedQueueConsumptionTime(
                consumption_seconds=target["consumptionSeconds"], capacity_per_replica=capacity
            )
        case "MaximumConcurrency":
            return MaximumConcurrency(
                workers_per_replica=workers,
                busy_percent=target.get("busyPercent", 100),
                queues=queues,
            )
        case _:
            return QueueWaitTime(
                wait_seconds=target.get("waitSeconds", 2.0),
                capacity_per_replica=capacity,
                workers_per_replica=workers,
            )


def _read_behavior(behavior: Spec) -> Behavior:
    """Read a behavior; absent fields have the defaults of a HorizontalPodAutoscaler."""
    return Behavior(
        scale_up=_read_rules(behavior.get("scaleUp", {}), HPA_SCALE_UP),
        scale_down=_read_rules(behavior.get("scaleDown", {}), HPA_SCALE_DOWN),
    )


def _read_rules(rules: Spec, defaults: ScalingRules) -> ScalingRules:
    given: dict[str, Any] = {}
    if "stabilizationWindowSeconds" in rules:
        given["stabilization_window_seconds"] = rules["stabilizationWindowSeconds"]
    if "selectPolicy" in rules:
        given["select_policy"] = SelectPolicy(rules["selectPolicy"])
    if "policies" in rules:
        given["policies"] = tuple(
            ScalingPolicy(PolicyType(each["type"]), each["value"], each["periodSeconds"])
            for each in rules["policies"]
        )
    if "tolerance" in rules:
        given["tolerance"] = read_quantity(rules["tolerance"])
    return replace(defaults, **given)


def read_quantity(value: float | str) -> float:
    """Read a number or a quantity in thousandths: 50m is 0.05."""
    if isinstance(value, str) and value.endswith("m"):
        return int(value[:-1]) / 1000
    return float(value)


def _read_fallback(fallback: Spec) -> Fallback:
    given: dict[str, Any] = {}
    if "afterSeconds" in fallback:
        given["after_seconds"] = fallback["afterSeconds"]
    if "behavior" in fallback:
        given["behavior"] = FallbackBehavior(fallback["behavior"])
    return Fallback(replicas=fallback["replicas"], **given)


def wrong_schedules(spec: Spec) -> tuple[WrongSchedule, ...]:
    problems = enumerate(map(problem_of, _read_schedules(spec)))
    return tuple(WrongSchedule(index, problem) for index, problem in problems if problem)


def _read_schedules(spec: Spec) -> tuple[Schedule, ...]:
    return tuple(_read_schedule(schedule) for schedule in spec.get("schedules", ()))


def _read_schedule(schedule: Spec) -> Schedule:
    return Schedule(
        start=schedule["start"],
        end=schedule["end"],
        min_replicas=schedule["minReplicas"],
        timezone=schedule.get("timezone", "UTC"),
    )
