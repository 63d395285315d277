"""A HorizontalPodAutoscaler (autoscaling/v2) on a queue becomes a QueueAutoscaler.

Only External metrics whose name says without doubt what they count: those of RabbitMQ's own
Prometheus endpoint.
"""

from mare.convert.behavior import convert_behavior
from mare.convert.broker import Access, convert_broker
from mare.convert.counts import MOST_REPLICAS
from mare.convert.draft import Draft, Field
from mare.convert.findings import ALONG, Outcome, Result
from mare.convert.metadata import MARKER_LABEL, convert_metadata
from mare.convert.origins import Elsewhere
from mare.convert.quantities import plain, quantity
from mare.convert.reading import Section
from mare.convert.scaledobject import DRY_RUN, convert_scale_target
from mare.convert.targets import MOST_TARGETS, MULTIPLIED, RULES
from mare.convert.triggers import QUEUE_LENGTH
from mare.documents.tree import Document

METRICS = {
    "rabbitmq_queue_messages": False,
    "rabbitmq_queue_messages_ready": True,
    "rabbitmq_detailed_queue_messages": False,
    "rabbitmq_detailed_queue_messages_ready": True,
}
"""The metrics that can be carried over, and whether they count ready messages only."""
OTHER_LABEL = "the Secret's URIs choose the broker: see that it is the one of this label"


def made_by_keda(document: Document) -> bool:
    """Whether it belongs to a ScaledObject."""
    return document.root.mapping("metadata").mapping("labels").text(MARKER_LABEL) is not None


def convert_hpa(document: Document) -> Result:
    draft = Draft(document)
    root = Section(draft, (), document.root)
    convert_metadata(draft, root)
    spec = root.section("spec")
    convert_scale_target(draft, spec)
    _convert_bounds(draft, spec)
    convert_behavior(draft, spec)
    metrics = spec.sections("metrics")
    if not metrics:
        draft.problem(spec.line, "a QueueAutoscaler needs a queue: there is no External metric")
    if len(metrics) > MOST_TARGETS:
        draft.problem(spec.line, f"a QueueAutoscaler has at most {MOST_TARGETS} targets")
    _convert_metrics(draft, metrics)
    draft.add("spec.dryRun", True, DRY_RUN)
    return draft.result()


def _convert_bounds(draft: Draft, spec: Section) -> None:
    minimum = spec.integer("minReplicas", 0, MOST_REPLICAS)
    maximum = spec.integer("maxReplicas", 1, MOST_REPLICAS, needed_by="an HPA")
    if minimum is not None:
        draft.keep(minimum, "spec.minReplicas")
    else:
        draft.add("spec.minReplicas", 1, "HPA's default")
    if maximum is not None:
        draft.keep(maximum, "spec.maxReplicas")
        if minimum is not None and minimum.value > maximum.value:
            draft.problem(minimum.line, "minReplicas is larger than maxReplicas")


def _convert_metrics(draft: Draft, metrics: list[Section]) -> None:
    written: list[str] = []
    vhosts: list[Field[str]] = []
    accesses = []
    queues_of: list[list[str]] = []
    for index, section in enumerate(metrics):
        kind = section.text("type", needed_by="a metric")
        if kind is None or kind.value != "External":
            says = f"Maré scales by queues, not by a metric of type {kind.value}" if kind else ALONG
            draft.settle_below(section.path, Outcome.REFUSED, says)
            continue
        to = "spec.target" if len(metrics) == 1 else f"spec.targets.{index}"
        external = section.section("external")
        metric = external.section("metric")
        _convert_name(draft, metric, to)
        _convert_target(draft, external.section("target"), to)
        queues_of.append(_convert_selector(draft, metric, written, vhosts))
        accesses.append(_access(kind))
    if len({vhost.value for vhost in vhosts}) > 1:
        draft.problem(vhosts[0].line, "queues in several virtual hosts need several objects")
    else:
        for vhost in vhosts:
            draft.translate(vhost, "spec.brokerRef.vhost", vhost.value)
    if len(written) > 1 and len(metrics) > 1:
        for index, queues in enumerate(queues_of):
            draft.manifest.put(f"spec.targets.{index}.queues", queues)
    convert_broker(draft, accesses, draft.document.name)


def _access(kind: Field[str]) -> Access:
    """An HPA knows nothing of the broker, its metrics come from an adapter."""
    return Access(
        origins={"host": Elsewhere("your broker")},
        protocol="amqp",
        host_text=None,
        source=kind,
        source_name="",
        remark="an HPA does not know the broker",
    )


def _convert_name(draft: Draft, metric: Section, to: str) -> None:
    name = metric.text("name", needed_by="a metric")
    if name is None:
        return
    ready_only = METRICS.get(name.value)
    if ready_only is None:
        draft.refuse(name, f"what it counts is not known; known are {', '.join(METRICS)}")
        return
    if ready_only:
        draft.manifest.put(f"{to}.excludeUnacknowledged", True, name.was)
    counted = "ready messages" if ready_only else "ready and unacknowledged messages"
    draft.translate(name, f"{to}.type", QUEUE_LENGTH, f"counts {counted}")


def _convert_target(draft: Draft, target: Section, to: str) -> None:
    kind = target.choice("type", ("AverageValue", "Value"), needed_by="a metric's target")
    if kind is not None and kind.value == "Value":
        draft.refuse(kind, f"{MULTIPLIED}; QueueLength means AverageValue in Maré")
        return
    if kind is not None:
        draft.absorb(kind, "what QueueLength means")
    average = target.quantity("averageValue", needed_by="a target of type AverageValue")
    if average is None:
        return
    rule, number = RULES[QUEUE_LENGTH], quantity(average.value)
    if not rule.least <= number <= rule.most:
        draft.refuse(average, f"has to be from {rule.least:g} to {rule.most:g}")
    else:
        draft.translate(average, f"{to}.{rule.name}", plain(number), rule.formula)


def _convert_selector(
    draft: Draft, metric: Section, written: list[str], vhosts: list[Field[str]]
) -> list[str]:
    """Write the queues that the labels choose; several are added up, as HPA does."""
    selector = metric.section("selector")
    queues: list[Field[str]] = []
    for label in selector.section("matchLabels").words():
        if label.path[-1] == "queue":
            queues.append(label)
        elif label.path[-1] == "vhost":
            vhosts.append(label)
        else:
            draft.need(label, OTHER_LABEL)
    for expression in selector.sections("matchExpressions"):
        key, operator = expression.text("key"), expression.text("operator")
        values = expression.texts("values")
        names = [field.value for field in (key, operator) if field is not None]
        if key is None or operator is None or names != ["queue", "In"]:
            says = "only an expression queue In [...] can be carried over"
            draft.settle_below(expression.path, Outcome.REFUSED, says)
            continue
        draft.absorb(key, "each value becomes an entry of queues")
        draft.absorb(operator, "each value becomes an entry of queues")
        queues += values
    if not queues and not draft.refused:
        draft.problem(metric.line, "no label queue says which queue it is about")
    for queue in queues:
        if queue.value not in written:
            written.append(queue.value)
        draft.translate(queue, f"spec.queues.{written.index(queue.value)}.name", queue.value)
    return [queue.value for queue in queues]
