"""What decides the count, and what wakes the workload: all triggers together."""

import math
from dataclasses import dataclass

from mare.convert.draft import Draft
from mare.convert.quantities import plain
from mare.convert.triggers import DEFAULT_LENGTH, QUEUE_LENGTH, Trigger

MOST_TARGETS = 8
MOST_MESSAGES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Rule:
    """How a mode is said in a target."""

    name: str
    least: float
    most: float
    metric_type: str
    """The metricType of KEDA under which it means the same."""
    formula: str


RULES = {
    QUEUE_LENGTH: Rule(
        "messagesPerReplica", 0.001, 1e9, "AverageValue", "replicas = messages / value, as before"
    ),
    "MessageRate": Rule(
        "messagesPerSecondPerReplica",
        0.0001,
        1e6,
        "AverageValue",
        "replicas = arrivals a second / value, as before",
    ),
    "PublishedToDeliveredRatio": Rule(
        "ratio",
        0.01,
        100,
        "Value",
        "replicas = ready replicas x (published / delivered) / value, as before",
    ),
    "ExpectedQueueConsumptionTime": Rule(
        "consumptionSeconds",
        0.1,
        86_400,
        "Value",
        "replicas = (arrivals a second + ready / value) / what a replica finishes a second;"
        " KEDA adds a ratio to seconds",
    ),
}
SHARED_OUT = "metricType AverageValue (the default) shares the metric out among the replicas"
MULTIPLIED = "metricType Value multiplies the present replicas by metric / value"
NO_DELIVERIES = "Maré has no target for deliveries; MessageRate is about arrivals"
ALL_QUEUES = "is about all queues of the object together in Maré, but about one of them in KEDA"
READY_ONLY = "over AMQP KEDA counts ready messages only"


def convert_targets(draft: Draft, triggers: list[Trigger], entries: list[list[str]]) -> None:
    """Write target or targets; `entries` are each trigger's queues."""
    if len(triggers) > MOST_TARGETS:
        draft.problem(triggers[0].line, f"a QueueAutoscaler has at most {MOST_TARGETS} targets")
    several = len({text for texts in entries for text in texts}) > 1 and len(triggers) > 1
    for index, (trigger, texts) in enumerate(zip(triggers, entries, strict=True)):
        to = "spec.target" if len(triggers) == 1 else f"spec.targets.{index}"
        rule = RULES.get(trigger.mode_name)
        if rule is None:
            _refuse_mode(draft, trigger, NO_DELIVERIES)
            continue
        if several and trigger.mode_name != QUEUE_LENGTH:
            _refuse_mode(draft, trigger, ALL_QUEUES)
            continue
        _convert_mode(draft, trigger, to)
        _convert_value(draft, trigger, rule, to)
        _convert_metric_type(draft, trigger, rule)
        _convert_counting(draft, trigger, to)
        if several:
            draft.manifest.put(f"{to}.queues", texts)
    _convert_activation(draft, triggers)


def _refuse_mode(draft: Draft, trigger: Trigger, why: str) -> None:
    assert trigger.mode is not None, "the default mode is never refused"
    draft.refuse(trigger.mode, why)


def _convert_mode(draft: Draft, trigger: Trigger, to: str) -> None:
    if trigger.mode is not None:
        draft.translate(trigger.mode, f"{to}.type", trigger.mode.value)
    elif trigger.value is not None:
        says = "the old way to say mode: QueueLength"
        draft.manifest.put(f"{to}.type", QUEUE_LENGTH, f"{trigger.value.was}, {says}")
    else:
        draft.add(f"{to}.type", QUEUE_LENGTH, "KEDA's default")


def _convert_value(draft: Draft, trigger: Trigger, rule: Rule, to: str) -> None:
    if trigger.value is None:
        draft.add(f"{to}.{rule.name}", DEFAULT_LENGTH, "KEDA's default")
    elif not rule.least <= trigger.value.value <= rule.most:
        says = f"has to be from {rule.least:g} to {rule.most:g} in a QueueAutoscaler"
        draft.refuse(trigger.value, says)
    else:
        value = plain(trigger.value.value)
        draft.translate(trigger.value, f"{to}.{rule.name}", value, rule.formula)


def _convert_metric_type(draft: Draft, trigger: Trigger, rule: Rule) -> None:
    if trigger.metric_type_name == rule.metric_type:
        if trigger.metric_type is not None:
            draft.absorb(trigger.metric_type, f"what {trigger.mode_name} means")
        return
    why = MULTIPLIED if rule.metric_type == "AverageValue" else SHARED_OUT
    says = f"{why}; {trigger.mode_name} means metricType: {rule.metric_type} in Maré"
    if trigger.metric_type is not None:
        draft.refuse(trigger.metric_type, says)
    else:
        draft.problem(trigger.line, says)


def _convert_counting(draft: Draft, trigger: Trigger, to: str) -> None:
    """Which messages QueueLength counts."""
    place = f"{to}.excludeUnacknowledged"
    counts_length = trigger.mode_name == QUEUE_LENGTH
    over_amqp = trigger.access.protocol == "amqp"
    if trigger.exclude is not None:
        if trigger.exclude.value and counts_length:
            draft.translate(trigger.exclude, place, True)
        elif trigger.exclude.value:
            draft.absorb(trigger.exclude, f"KEDA looks at it in mode {QUEUE_LENGTH} only")
        else:
            draft.absorb(trigger.exclude, "ready and unacknowledged messages count")
    protocol = trigger.protocol
    if protocol is not None and protocol.value == "amqp" and counts_length:
        draft.translate(protocol, place, True, READY_ONLY)
        return
    if protocol is not None:
        says = "the Secret has a key for each protocol, amqp-uri and management-uri"
        draft.absorb(protocol, says)
    if over_amqp and counts_length:
        draft.add(place, True, READY_ONLY)


def _convert_activation(draft: Draft, triggers: list[Trigger]) -> None:
    """One threshold for the object, so the lowest of the triggers': it never wakes later."""
    counted = (QUEUE_LENGTH, "MessageRate")
    levels = [
        trigger.activation.value if trigger.activation is not None else 0
        for trigger in triggers
        if trigger.mode_name in counted
    ]
    lowest = min(levels) if len(levels) == len(triggers) else min([0, *levels])
    for trigger in triggers:
        field = trigger.activation
        if field is None:
            continue
        if trigger.mode_name not in counted:
            draft.drop(field, "Maré wakes the workload by waiting messages, here by the first")
        elif lowest < 0:
            draft.translate(field, "spec.activation.mode", "Always", "KEDA is always above it")
        elif lowest > MOST_MESSAGES:
            draft.refuse(field, f"has to be at most {MOST_MESSAGES:,}")
        else:
            says = "wakes above it, as before; what is left below it is worked off, not slept over"
            if len(triggers) > 1:
                says = f"the lowest of all triggers, over all queues together; {says}"
            draft.translate(field, "spec.activation.threshold", math.floor(lowest), says)
