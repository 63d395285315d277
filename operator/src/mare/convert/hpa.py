"""Converts a HorizontalPodAutoscaler (autoscaling/v2) that scales by a queue.

Only External metrics of RabbitMQ's own Prometheus endpoint are converted: their names say what
they count.
"""

from mare.convert.draft import Draft
from mare.convert.findings import KEEP_THE_HPA
from mare.convert.metadata import convert_metadata
from mare.convert.quantities import number_of
from mare.convert.scaledobject import DRY_RUN, convert_behavior, convert_scale_target
from mare.convert.secret import Access, Origin, convert_broker
from mare.convert.triggers import MODES, MULTIPLIED, QUEUE_LENGTH
from mare.documents.tree import Path

READY_ONLY = {
    "rabbitmq_queue_messages": False,
    "rabbitmq_queue_messages_ready": True,
    "rabbitmq_detailed_queue_messages": False,
    "rabbitmq_detailed_queue_messages_ready": True,
}
"""The metrics that can be converted, and whether they count ready messages only."""
OTHER_LABEL = "the URIs in the Secret select the broker: check that it is the one of this label"


def convert_hpa(draft: Draft) -> None:
    draft.check("HorizontalPodAutoscaler")
    convert_metadata(draft)
    convert_scale_target(draft)
    if draft.value("spec.minReplicas") is None:
        draft.add("spec.minReplicas", 1, "HPA's default")
    draft.keep("spec.minReplicas", "spec.minReplicas")
    draft.keep("spec.maxReplicas", "spec.maxReplicas")
    convert_behavior(draft, "spec.behavior")
    _convert_metrics(draft)
    draft.add("spec.dryRun", True, DRY_RUN)


def _convert_metrics(draft: Draft) -> None:
    metrics = draft.value("spec.metrics") or []
    if not metrics:
        draft.problem("a QueueAutoscaler needs a queue: there is no External metric", ("spec",))
    written: list[str] = []
    vhosts: list[Path] = []
    queues = []
    accesses = []
    for index, metric in enumerate(metrics):
        path = ("spec", "metrics", index)
        kind = (metric or {}).get("type")
        if kind != "External":
            note = f"Maré scales by queues, not by a metric of type {kind}: {KEEP_THE_HPA}"
            draft.refuse(path, note if kind else "a metric needs type")
            continue
        draft.check("External", path)
        to = "spec.target" if len(metrics) == 1 else f"spec.targets.{index}"
        _convert_name(draft, (*path, "external", "metric", "name"), to)
        _convert_value(draft, (*path, "external", "target"), to)
        queues.append(_convert_selector(draft, path, written, vhosts))
        host = {"host": Origin("your broker")}
        accesses.append(Access((*path, "type"), "an HPA does not know the broker", host))
    if len({draft.value(path) for path in vhosts}) > 1:
        draft.problem("queues in several virtual hosts need several objects", vhosts[0])
    else:
        for label in vhosts:
            draft.translate(label, "spec.brokerRef.vhost", draft.value(label))
    if len(written) > 1 and len(metrics) > 1 and not draft.refused:
        for index, names in enumerate(queues):
            draft.manifest.put(f"spec.targets.{index}.queues", names)
    convert_broker(draft, accesses)


def _convert_name(draft: Draft, path: Path, to: str) -> None:
    ready_only = READY_ONLY.get(draft.value(path))
    if ready_only is None:
        draft.refuse(path, f"it is unknown what it counts; known are {', '.join(READY_ONLY)}")
        return
    if ready_only:
        draft.write(path, f"{to}.excludeUnacknowledged", True)
    counted = "ready messages" if ready_only else "ready and unacknowledged messages"
    draft.translate(path, f"{to}.type", QUEUE_LENGTH, f"counts {counted}")


def _convert_value(draft: Draft, path: Path, to: str) -> None:
    target = draft.value(path) or {}
    if target.get("type") == "Value":
        draft.refuse(path, f"{MULTIPLIED}; QueueLength means AverageValue in Maré")
        return
    draft.absorb((*path, "type"), "QueueLength always means AverageValue")
    if "averageValue" not in target:
        draft.problem("a target of type AverageValue needs averageValue", path)
        return
    number, at = number_of(target["averageValue"]), (*path, "averageValue")
    if number is None:
        draft.refuse(at, "has to be a quantity, for example 30 or 500m")
    else:
        mode = MODES[QUEUE_LENGTH]
        draft.translate(at, f"{to}.{mode['field']}", number, mode["formula"])


def _convert_selector(
    draft: Draft, path: Path, written: list[str], vhosts: list[Path]
) -> list[str]:
    """Write the queues that the labels select; several are summed, as in the HPA."""
    selector = (*path, "external", "metric", "selector")
    found = draft.value(selector) or {}
    queues: list[Path] = []
    for name in found.get("matchLabels", ()):
        label = (*selector, "matchLabels", name)
        if name == "queue":
            queues.append(label)
        elif name == "vhost":
            vhosts.append(label)
        else:
            draft.need(label, OTHER_LABEL)
    for index, expression in enumerate(found.get("matchExpressions", ())):
        at = (*selector, "matchExpressions", index)
        if not expression or (expression.get("key"), expression.get("operator")) != ("queue", "In"):
            draft.refuse(at, "only an expression queue In [...] can be converted")
            continue
        for name in ("key", "operator"):
            draft.absorb((*at, name), "each value becomes an entry of queues")
        queues += [(*at, "values", place) for place in range(len(expression.get("values", ())))]
    if not queues and not draft.refused:
        draft.problem("the label queue is missing", (*path, "external", "metric"))
    names = [draft.value(queue) for queue in queues if draft.value(queue)]
    for queue, name in zip(queues, names, strict=False):
        if name not in written:
            written.append(name)
        draft.translate(queue, f"spec.queues.{written.index(name)}.name", name)
    return names
