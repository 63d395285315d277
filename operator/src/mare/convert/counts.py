"""How many replicas: bounds, rest, and what holds while the queues cannot be read."""

from mare.convert.draft import Draft, Field
from mare.convert.findings import Outcome
from mare.convert.reading import Section

MOST_REPLICAS = 10_000
MOST_SECONDS = 86_400
KEDA_MAX_REPLICAS = 100
KEDA_COOLDOWN = 300
HPA_SYNC_SECONDS = 15


def convert_counts(draft: Draft, spec: Section) -> int:
    """Write the bounds, rest and fallback. Returns maxReplicas."""
    minimum = spec.integer("minReplicaCount", 0, MOST_REPLICAS)
    maximum = spec.integer("maxReplicaCount", 1, MOST_REPLICAS)
    least = _bound(draft, minimum, "minReplicas", 0)
    most = _bound(draft, maximum, "maxReplicas", KEDA_MAX_REPLICAS)
    if least > most:
        draft.problem(spec.line, f"minReplicaCount {least} is larger than maxReplicaCount {most}")
    _convert_rest(draft, spec, least)
    _convert_fallback(draft, spec, most)
    polling = spec.integer("pollingInterval", 1)
    if polling is not None:
        draft.drop(polling, "Maré looks at the queues every second or more often")
    return most


def _bound(draft: Draft, field: Field[int] | None, name: str, default: int) -> int:
    if field is None:
        draft.add(f"spec.{name}", default, "KEDA's default")
        return default
    draft.translate(field, f"spec.{name}", field.value)
    return field.value


def _convert_rest(draft: Draft, spec: Section, least: int) -> None:
    idle = spec.integer("idleReplicaCount", 0, MOST_REPLICAS)
    if idle is not None:
        if idle.value < least:
            draft.translate(idle, "spec.idle.replicas", idle.value)
        else:
            draft.refuse(idle, f"has to be lower than minReplicaCount, {least}")
    cooldown = spec.integer("cooldownPeriod", 0, MOST_SECONDS)
    if cooldown is not None:
        says = "counted from the last message, ready or unacknowledged"
        draft.translate(cooldown, "spec.idle.cooldownSeconds", cooldown.value, says)
    elif least == 0 or idle is not None:
        draft.add("spec.idle.cooldownSeconds", KEDA_COOLDOWN, "KEDA's default; Maré's is 60")
    initial = spec.integer("initialCooldownPeriod")
    if initial is not None and initial.value == 0:
        draft.absorb(initial, "Maré has no initial cooldown")
    elif initial is not None:
        effect = f"the workload may rest in the first {initial.value} s after the object is made"
        draft.drop(initial, effect)


def _convert_fallback(draft: Draft, spec: Section, most: int) -> None:
    fallback = spec.section("fallback")
    behaviors = ("static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower")
    behavior = fallback.choice("behavior", behaviors)
    needed_by = "fallback" if fallback.node.entries else ""
    threshold = fallback.integer("failureThreshold", needed_by=needed_by)
    replicas = fallback.integer("replicas", needed_by=needed_by)
    if threshold is None or replicas is None:
        return
    match behavior.value if behavior is not None else "static":
        case "currentReplicas":
            held = "without a fallback the present count is held, which is the same"
            draft.settle_below(fallback.path, Outcome.TRANSLATED, held)
        case "currentReplicasIfLower":
            effect = (
                f"while the queues cannot be read the count is held; KEDA would lower it to"
                f" {replicas.value}"
            )
            draft.settle_below(fallback.path, Outcome.DROPPED, effect)
        case name:
            _write_fallback(draft, threshold, replicas, most)
            ours = name[0].upper() + name[1:]
            if behavior is not None:
                draft.translate(behavior, "spec.fallback.behavior", ours)
            else:
                because = "KEDA's default; Maré's is CurrentReplicasIfHigher"
                draft.add("spec.fallback.behavior", ours, because)


def _write_fallback(draft: Draft, threshold: Field[int], replicas: Field[int], most: int) -> None:
    seconds = (threshold.value + 1) * HPA_SYNC_SECONDS
    if seconds > MOST_SECONDS:
        draft.refuse(threshold, f"is more than a day at one failure each {HPA_SYNC_SECONDS} s")
        return
    says = f"{threshold.value} + 1 failures, one each {HPA_SYNC_SECONDS} s"
    draft.translate(threshold, "spec.fallback.afterSeconds", seconds, says)
    if replicas.value <= most:
        draft.keep(replicas, "spec.fallback.replicas")
    else:
        draft.translate(replicas, "spec.fallback.replicas", most, f"maxReplicas is {most}")
