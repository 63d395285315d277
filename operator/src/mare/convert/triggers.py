"""Converts RabbitMQ triggers of KEDA 2.21 to targets and queues.

Source: pkg/scalers/rabbitmq_scaler.go and its documentation.
"""

import math
from collections import Counter
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from mare.convert.authentication import read_access
from mare.convert.draft import Draft
from mare.convert.origins import Objects, Workload
from mare.convert.patterns import NotAWildcard, overlap, wildcards
from mare.convert.quantities import plain
from mare.convert.secret import Access
from mare.convert.tables import rules
from mare.documents.tree import Path

QUEUE_LENGTH = "QueueLength"
KEDA_LENGTH = 20
MULTIPLIED = "metricType Value multiplies the current replicas by metric / value"
SHARED_OUT = "metricType AverageValue (the default) divides the metric by the replicas"
READY_ONLY = "over AMQP KEDA counts ready messages only"


MODES: dict[str, dict[str, str]] = rules()["modes"]
"""The field of a target that each mode is, the metricType with the same meaning, the formula."""


@dataclass(frozen=True, slots=True)
class Trigger:
    path: Path
    """Of its metadata."""
    metadata: dict[str, Any]
    mode: str
    metric_type: str
    access: Access

    @property
    def line_path(self) -> Path:
        return self.path[:-1]


def convert_trigger(
    draft: Draft, path: Path, objects: Objects, workload: Workload
) -> Trigger | None:
    """Convert what concerns one trigger only. None if it is incomplete."""
    at = (*path, "metadata")
    metadata = draft.value(at) or {}
    regex = metadata.get("useRegex") == "true"
    mode = metadata.get("mode", QUEUE_LENGTH)
    http_only = [f"mode {mode}"] if mode != QUEUE_LENGTH else []
    http_only += [name for name in ("useRegex", "excludeUnacknowledged") if _on(metadata, name)]
    access = read_access(draft, path, objects, workload, needs_http=bool(http_only))
    if access is not None and access.protocol == "amqp":
        if http_only:
            draft.problem(f"KEDA refuses {http_only[0]} over AMQP, it needs http", path)
        if set("123456789") & set(metadata.get("timeout", "")):  # "5s" or milliseconds
            draft.problem("KEDA refuses timeout over AMQP; remove it", path)
    _check_value(draft, at, metadata)
    _convert_the_rest(draft, path, regex=regex)
    if access is None or "queueName" not in metadata:
        return None
    metric_type = draft.value((*path, "metricType")) or "AverageValue"
    return Trigger(at, metadata, mode, metric_type, access)


def _on(metadata: dict[str, Any], name: str) -> bool:
    return metadata.get(name) == "true"


def _check_value(draft: Draft, at: Path, metadata: dict[str, Any]) -> None:
    """Refuse what KEDA refuses of the old and the new way to give the value."""
    for name in ("value", "queueLength"):
        if name in metadata and float(metadata[name]) == 0:
            draft.absorb((*at, name), "KEDA reads 0 as absent")
            del metadata[name]
    if "queueLength" in metadata and {"mode", "value"} & metadata.keys():
        note = "KEDA refuses queueLength together with mode and value; remove it"
        draft.problem(note, (*at, "queueLength"))
    elif ("mode" in metadata) != ("value" in metadata):
        one, other = ("value", "mode") if "value" in metadata else ("mode", "value")
        draft.problem(f"KEDA refuses {one} without {other}; add {other}", at[:-1])


def _convert_the_rest(draft: Draft, path: Path, *, regex: bool) -> None:
    at = (*path, "metadata")
    draft.absorb(
        (*at, "useRegex"), "queues has the names and patterns" if regex else "queueName is a name"
    )
    operation = draft.value((*at, "operation"))
    if regex and operation in ("avg", "max"):
        note = f"Maré sums queues and has no {operation}; write one trigger per queue"
        draft.refuse((*at, "operation"), note)
    draft.apply_rules("rabbitmq", path)


def convert_targets(draft: Draft, triggers: list[Trigger]) -> None:
    queues = convert_queues(draft, triggers)
    several = len(triggers) > 1 and len({text for texts in queues for text in texts}) > 1
    for index, (trigger, texts) in enumerate(zip(triggers, queues, strict=True)):
        to = "spec.target" if len(triggers) == 1 else f"spec.targets.{index}"
        _convert_target(draft, trigger, to, about_one_queue=several)
        if several:
            draft.manifest.put(f"{to}.queues", texts)
    _convert_activation(draft, triggers)


def _convert_target(draft: Draft, trigger: Trigger, to: str, *, about_one_queue: bool) -> None:
    at, metadata, name = trigger.path, trigger.metadata, trigger.mode
    mode = MODES.get(name)
    if mode is None:
        draft.refuse(
            (*at, "mode"), "Maré has no target for deliveries; MessageRate is the arrivals"
        )
        return
    if about_one_queue and name != QUEUE_LENGTH:
        note = "in Maré it is the sum of all queues of the object, in KEDA it is one queue"
        draft.refuse((*at, "mode"), note)
    if "mode" in metadata:
        draft.translate((*at, "mode"), f"{to}.type", name)
    elif "queueLength" in metadata:
        remark = f"was: {draft.spelling((*at, 'queueLength'))}, the old form of mode: QueueLength"
        draft.manifest.put(f"{to}.type", QUEUE_LENGTH, remark)
    else:
        draft.add(f"{to}.type", QUEUE_LENGTH, "KEDA's default")
    given = "value" if "value" in metadata else "queueLength"
    if given in metadata:
        value = plain(float(metadata[given]))
        draft.translate((*at, given), f"{to}.{mode['field']}", value, mode["formula"])
    else:
        draft.add(f"{to}.{mode['field']}", KEDA_LENGTH, "KEDA's default")
    _convert_metric_type(draft, trigger, mode["metricType"])
    _convert_counting(draft, trigger, to)


def _convert_metric_type(draft: Draft, trigger: Trigger, of_mode: str) -> None:
    path = (*trigger.line_path, "metricType")
    if trigger.metric_type == of_mode:
        draft.absorb(path, f"{trigger.mode} always means this metricType")
        return
    why = MULTIPLIED if of_mode == "AverageValue" else SHARED_OUT
    note = f"{why}; in Maré {trigger.mode} means metricType: {of_mode}"
    if draft.value(path) is None:
        draft.problem(note, trigger.line_path)
    draft.refuse(path, note)


def _convert_counting(draft: Draft, trigger: Trigger, to: str) -> None:
    at, place = trigger.path, f"{to}.excludeUnacknowledged"
    counts = trigger.mode == QUEUE_LENGTH
    exclude, protocol = (*at, "excludeUnacknowledged"), (*at, "protocol")
    if _on(trigger.metadata, "excludeUnacknowledged") and counts:
        draft.translate(exclude, place, True)
    elif _on(trigger.metadata, "excludeUnacknowledged"):
        draft.absorb(exclude, f"KEDA reads it in mode {QUEUE_LENGTH} only")
    draft.absorb(exclude, "ready and unacknowledged messages count")
    if trigger.access.protocol == "amqp" and counts:
        if draft.value(protocol) == "amqp":
            draft.translate(protocol, place, True, READY_ONLY)
        else:
            draft.add(place, True, READY_ONLY)
    draft.absorb(protocol, "the scheme of the URI replaces it")


def _convert_activation(draft: Draft, triggers: list[Trigger]) -> None:
    """Write the lowest threshold of all triggers, so that the workload starts no later."""
    counted = (QUEUE_LENGTH, "MessageRate")
    levels = [
        float(trigger.metadata.get("activationValue", 0))
        for trigger in triggers
        if trigger.mode in counted
    ]
    lowest = min(levels if len(levels) == len(triggers) else [0, *levels])
    note = "activates above it, as in KEDA; messages below it are processed once it is active"
    if len(triggers) > 1:
        note = f"the lowest of all triggers, for the sum of all queues; {note}"
    for trigger in triggers:
        path = (*trigger.path, "activationValue")
        if trigger.mode not in counted:
            draft.drop(path, "Maré activates by ready messages, here by the first one")
        elif lowest < 0:
            draft.translate(path, "spec.activation.mode", "Always", "KEDA is always active")
        else:
            draft.translate(path, "spec.activation.threshold", math.floor(lowest), note)


CASE = "RabbitMQ's search ignores case, Maré's wildcards do not: check that no queue differs in it"
NOT_FOUND = "a pattern that matches no queue is unknown, not 0"
FROM_HOST = "the end of the host's path; / if there is none"

Entry = tuple[str, str, str | None]
"""name or pattern, the text, and the virtual host if entries differ in it."""


def convert_queues(draft: Draft, triggers: list[Trigger]) -> list[list[str]]:
    """Write brokerRef.vhost and queues. Returns the texts of each trigger's entries."""
    vhosts = _vhosts(triggers)
    common = len(set(vhosts)) == 1
    written: list[Entry] = []
    texts = []
    for trigger, vhost in zip(triggers, vhosts, strict=True):
        entries = [
            (kind, text, None if common else vhost) for kind, text in _entries(draft, trigger)
        ]
        written += [entry for entry in entries if entry not in written]
        places = [f"spec.queues.{written.index(entry)}" for entry in entries]
        _write_entries(draft, trigger, entries, places)
        if vhost is not None:
            parents = ["spec.brokerRef"] if common else places
            _write_vhost(draft, trigger, vhost, [f"{parent}.vhost" for parent in parents])
        texts.append([text for _, text, _ in entries])
    _refuse_ambiguity(draft, triggers, written, texts)
    return texts


def _vhosts(triggers: list[Trigger]) -> list[str | None]:
    """Return each trigger's virtual host; None if it is unknown, or if the AMQP URI contains it."""
    if all("vhostName" not in t.metadata and t.access.protocol != "http" for t in triggers):
        return [None] * len(triggers)
    return [trigger.metadata.get("vhostName") or trigger.access.vhost for trigger in triggers]


def _entries(draft: Draft, trigger: Trigger) -> list[tuple[str, str]]:
    name = trigger.metadata["queueName"]
    if trigger.metadata.get("useRegex") != "true":
        return [("name", name)]
    try:
        patterns = wildcards(name)
    except NotAWildcard as error:
        draft.refuse((*trigger.path, "queueName"), f"{error}; write one trigger per queue")
        return []
    return [("pattern" if set("*?") & set(pattern) else "name", pattern) for pattern in patterns]


def _write_entries(draft: Draft, trigger: Trigger, entries: list[Entry], places: list[str]) -> None:
    path = (*trigger.path, "queueName")
    for (kind, text, _), place in zip(entries, places, strict=True):
        draft.write(path, f"{place}.{kind}", text)
    if not entries:
        return
    missing = NOT_FOUND if any(kind == "pattern" for kind, _, _ in entries) else ""
    regex = trigger.metadata.get("useRegex") == "true"
    if regex and any(text.lower() != text.upper() for _, text, _ in entries):
        new = ", ".join(f"{kind}: {text}" for kind, text, _ in entries)
        note = f"{CASE}; {missing}".removesuffix("; ")
        draft.need(path, note, new=f"queues {new}")
    else:
        kind, text, _ = entries[0]
        draft.translate(path, f"{places[0]}.{kind}", text, missing)


def _write_vhost(draft: Draft, trigger: Trigger, vhost: str, places: list[str]) -> None:
    path = (*trigger.path, "vhostName")
    for place in places:
        if "vhostName" in trigger.metadata:
            draft.write(path, place, vhost)
        else:
            draft.add(place, vhost, FROM_HOST)
    if places:
        draft.translate(path, places[0], vhost)


def _refuse_ambiguity(
    draft: Draft, triggers: list[Trigger], written: list[Entry], texts: list[list[str]]
) -> None:
    """Refuse triggers that count the same queue by different entries: Maré counts it once."""
    for (_, these), (later, those) in combinations(zip(triggers, texts, strict=True), 2):
        for one, other in product(these, those):
            if one != other and overlap(one, other):
                note = f"{one} and {other} can match the same queue, which Maré counts only once"
                draft.problem(note, later.line_path)
    twice = [text for text, count in Counter(text for _, text, _ in written).items() if count > 1]
    if twice:
        note = f"{twice[0]} is in two virtual hosts; write one object per virtual host"
        draft.problem(note, triggers[0].line_path)
