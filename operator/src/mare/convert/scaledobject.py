"""Converts a KEDA ScaledObject (keda.sh/v1alpha1)."""

from typing import Any

from mare.convert.draft import Draft
from mare.convert.findings import KEEP_KEDA
from mare.convert.metadata import convert_metadata
from mare.convert.origins import Objects, workload_of
from mare.convert.quantities import is_tolerance, number_of
from mare.convert.secret import convert_broker
from mare.convert.triggers import Trigger, convert_targets, convert_trigger

DRY_RUN = "until you have compared its decisions"
HPA_DEFAULT = "HPA's default; remove it for Maré's, which reacts faster"
_HPA_DEFAULTS = {
    ("scaleUp", "policies"): [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
    ("scaleDown", "policies"): [{"type": "Percent", "value": 100, "periodSeconds": 15}],
    ("scaleDown", "stabilizationWindowSeconds"): 300,
}
"""What an HPA does where its `behavior` gives nothing, and Maré does not."""
KEDA_MAX_REPLICAS = 100
KEDA_COOLDOWN = 300
HPA_SYNC_SECONDS = 15
STATISTICS_SECONDS = 5


def convert_scaledobject(draft: Draft, objects: Objects) -> None:
    draft.check("ScaledObject")
    convert_metadata(draft)
    draft.apply_rules("ScaledObject")
    container = draft.value("spec.scaleTargetRef.envSourceContainerName")
    convert_scale_target(draft)
    most = _convert_counts(draft)
    _convert_advanced(draft)
    workload = workload_of(draft, objects, container)
    triggers, schedules = [], 0
    for index, trigger in enumerate(draft.value("spec.triggers") or ()):
        path = ("spec", "triggers", index)
        match (trigger or {}).get("type"):
            case "rabbitmq":
                draft.check("rabbitmq", path)
                triggers.append(convert_trigger(draft, path, objects, workload))
            case "cron":
                draft.check("cron", path)
                _convert_schedule(draft, path, f"spec.schedules.{schedules}", most)
                schedules += 1
            case None:
                draft.refuse(path, "a trigger needs type")
            case other:
                note = f"Maré scales by RabbitMQ and by schedules, not by {other}"
                draft.refuse(path, f"{note}: {KEEP_KEDA}")
    if not triggers and not draft.refused:
        draft.problem("a QueueAutoscaler needs a queue: there is no rabbitmq trigger", ("spec",))
    complete = [trigger for trigger in triggers if trigger is not None]
    if complete:
        convert_targets(draft, complete)
        convert_broker(draft, [trigger.access for trigger in complete])
    _convert_polling(draft, amqp=any(trigger.access.protocol != "http" for trigger in complete))
    settle_container(draft, "spec.scaleTargetRef.envSourceContainerName", complete)
    draft.add("spec.dryRun", True, DRY_RUN)


def settle_container(draft: Draft, path: str, triggers: list[Trigger]) -> None:
    """Settle the name of the container whose variables KEDA reads."""
    if any(each.access.runs_in_container for each in triggers):
        draft.need(path, "the variables are those of this container")
    if any(each.access.reads_variables for each in triggers):
        draft.absorb(path, "the value behind the variable of this container is read")
    draft.drop(path, "no variable of the workload is read")


def convert_scale_target(draft: Draft) -> None:
    """Keep scaleTargetRef, which is the same in KEDA, HPA and Maré."""
    for name in ("apiVersion", "kind", "name"):
        draft.keep(f"spec.scaleTargetRef.{name}", f"spec.scaleTargetRef.{name}")
    target = draft.value("spec.scaleTargetRef") or {}
    draft.scale_target = (target.get("kind", "Deployment"), target.get("name", ""))


def _convert_counts(draft: Draft) -> int:
    """Convert the limits, idle and fallback. Returns maxReplicas."""
    spec = draft.value("spec") or {}
    least, most = spec.get("minReplicaCount", 0), spec.get("maxReplicaCount", KEDA_MAX_REPLICAS)
    for old, new, value in (
        ("minReplicaCount", "minReplicas", least),
        ("maxReplicaCount", "maxReplicas", most),
    ):
        if old in spec:
            draft.translate(f"spec.{old}", f"spec.{new}", value)
        else:
            draft.add(f"spec.{new}", value, "KEDA's default")
    idle = spec.get("idleReplicaCount")
    draft.translate("spec.idleReplicaCount", "spec.idle.replicas", idle)
    if "cooldownPeriod" in spec:
        note = "counted from the last message, ready or unacknowledged"
        to = "spec.idle.cooldownSeconds"
        draft.translate("spec.cooldownPeriod", to, spec["cooldownPeriod"], note)
    elif least == 0 or idle is not None:
        draft.add("spec.idle.cooldownSeconds", KEDA_COOLDOWN, "KEDA's default; Maré's is 60")
    initial = spec.get("initialCooldownPeriod")
    if initial == 0:
        draft.absorb("spec.initialCooldownPeriod", "Maré has no initial cooldown")
    effect = f"the workload can become idle in the first {initial} s after the object is created"
    draft.drop("spec.initialCooldownPeriod", effect)
    fallback = spec.get("fallback") or {}
    if {"failureThreshold", "replicas"} <= fallback.keys():
        _convert_fallback(draft, fallback, most)
    return int(most)


def _convert_polling(draft: Draft, *, amqp: bool) -> None:
    path, seconds = "spec.pollingInterval", STATISTICS_SECONDS
    if amqp or (draft.value(path) or seconds) >= seconds:
        draft.absorb(
            path, f"Maré reads the queues every {seconds} s, over AMQP every second or more"
        )
    draft.drop(path, f"without an AMQP URI Maré reads the queues every {seconds} s")


def _convert_fallback(draft: Draft, fallback: dict[str, Any], most: int) -> None:
    path, replicas = "spec.fallback", fallback["replicas"]
    behavior = fallback.get("behavior", "static")
    if behavior == "currentReplicas":
        draft.absorb(path, "without a fallback Maré also keeps the current replicas")
        return
    if behavior == "currentReplicasIfLower":
        effect = "while the queues cannot be read, Maré keeps the current replicas"
        draft.drop(path, f"{effect}; KEDA would lower them to {replicas}")
        return
    threshold = fallback["failureThreshold"]
    note = f"{threshold} + 1 failures, one every {HPA_SYNC_SECONDS} s"
    seconds = (threshold + 1) * HPA_SYNC_SECONDS
    draft.translate(f"{path}.failureThreshold", "spec.fallback.afterSeconds", seconds, note)
    if replicas <= most:
        draft.keep(f"{path}.replicas", "spec.fallback.replicas")
    draft.translate(f"{path}.replicas", "spec.fallback.replicas", most, f"maxReplicas is {most}")
    ours = behavior[0].upper() + behavior[1:]
    if "behavior" in fallback:
        draft.translate(f"{path}.behavior", "spec.fallback.behavior", ours)
    else:
        because = "KEDA's default; Maré's is CurrentReplicasIfHigher"
        draft.add("spec.fallback.behavior", ours, because)


def _convert_advanced(draft: Draft) -> None:
    path = "spec.advanced.restoreToOriginalReplicaCount"
    if draft.value(path):
        draft.restores_count = True
        draft.translate(path, "spec.onDelete", "Restore", "the count before Maré's first change")
    draft.absorb(path, "the replicas stay as they are when the object is deleted")
    convert_behavior(draft, "spec.advanced.horizontalPodAutoscalerConfig.behavior")


def convert_behavior(draft: Draft, path: str) -> None:
    """Keep `behavior`, whose fields are those of an HPA; write HPA's defaults for absent ones."""
    given = draft.value(path)
    behavior = given if isinstance(given, dict) else {}
    for (way, name), value in _HPA_DEFAULTS.items():
        if name not in (behavior.get(way) or {}):
            draft.add(f"spec.behavior.{way}.{name}", value, HPA_DEFAULT)
    for way, rules in behavior.items():
        tolerance = rules.get("tolerance") if isinstance(rules, dict) else None
        if isinstance(tolerance, str) and not is_tolerance(tolerance):
            at = f"{path}.{way}.tolerance"
            number = number_of(tolerance)
            if number is None:
                draft.refuse(at, "has to be a quantity, for example 0.1 or 50m")
            else:
                to = f"spec.behavior.{way}.tolerance"
                draft.translate(at, to, number, "the same value as a number")
    draft.keep(path, "spec.behavior")


def _convert_schedule(draft: Draft, path: tuple[str | int, ...], to: str, most: int) -> None:
    """Convert a cron trigger to a schedule: a minimum from each start to the next end."""
    draft.apply_rules("cron", path)
    metadata = draft.value((*path, "metadata")) or {}
    for name in ("start", "end", "timezone"):
        draft.keep((*path, "metadata", name), f"{to}.{name}")
    at = (*path, "metadata", "desiredReplicas")
    wanted = float(metadata.get("desiredReplicas", 1))
    if wanted < 1 or not wanted.is_integer():
        draft.refuse(at, "has to be a whole number of at least 1")
        return
    note = f"maxReplicas is {most}" if wanted > most else ""
    draft.translate(at, f"{to}.minReplicas", min(int(wanted), most), note)
