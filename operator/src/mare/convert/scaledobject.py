"""A KEDA ScaledObject (keda.sh/v1alpha1) becomes a QueueAutoscaler."""

from mare.convert.behavior import convert_behavior
from mare.convert.broker import convert_broker
from mare.convert.counts import convert_counts
from mare.convert.draft import Draft
from mare.convert.findings import ALONG, Outcome, Result, Workload
from mare.convert.lookup import Lookup
from mare.convert.metadata import convert_metadata
from mare.convert.origins import Variable
from mare.convert.queues import convert_queues
from mare.convert.reading import Section
from mare.convert.schedules import convert_schedule
from mare.convert.targets import convert_targets
from mare.convert.triggers import Trigger, read_trigger
from mare.documents.tree import Document

DRY_RUN = "until the old autoscaler is gone"


def convert_scaledobject(document: Document, lookup: Lookup) -> Result:
    draft = Draft(document)
    root = Section(draft, (), document.root)
    convert_metadata(draft, root)
    spec = root.section("spec")
    convert_scale_target(draft, spec)
    most = convert_counts(draft, spec)
    _convert_advanced(draft, spec.section("advanced"))
    triggers = _convert_triggers(draft, spec, lookup, most)
    if triggers:
        entries = convert_queues(draft, triggers)
        convert_targets(draft, triggers, entries)
        convert_broker(draft, [trigger.access for trigger in triggers], document.name)
    draft.add("spec.dryRun", True, DRY_RUN)
    return draft.result()


def convert_scale_target(draft: Draft, spec: Section) -> None:
    """scaleTargetRef, the same in KEDA, HPA and here."""
    target = spec.section("scaleTargetRef")
    api_version, kind = target.text("apiVersion"), target.text("kind", 63)
    name = target.text("name", needed_by="scaleTargetRef")
    for field in (api_version, kind, name):
        if field is not None:
            draft.keep(field, f"spec.scaleTargetRef.{field.path[-1]}")
    draft.workload = Workload(
        kind=kind.value if kind is not None else "Deployment",
        name=name.value if name is not None else "",
    )


def _convert_advanced(draft: Draft, advanced: Section) -> None:
    restore = advanced.boolean("restoreToOriginalReplicaCount")
    if restore is not None and restore.value:
        draft.restores_count = True
        draft.drop(restore, "the count stays as it is when a QueueAutoscaler is deleted")
    elif restore is not None:
        draft.absorb(restore, "the count stays as it is when the object is deleted")
    config = advanced.section("horizontalPodAutoscalerConfig")
    name = config.text("name")
    if name is not None:
        draft.drop(name, "there is no HPA")
    convert_behavior(draft, config)
    advanced.section("scalingModifiers")
    modifiers = (*advanced.path, "scalingModifiers")
    says = "Maré takes the largest of several targets and has no formulas; write targets instead"
    draft.settle_below(modifiers, Outcome.REFUSED, says)


def _convert_triggers(draft: Draft, spec: Section, lookup: Lookup, most: int) -> list[Trigger]:
    """The RabbitMQ triggers; cron triggers are converted on the way, others refused."""
    assert draft.workload is not None
    workload = f"{draft.workload.kind.lower()}/{draft.workload.name}"
    container = spec.section("scaleTargetRef").text("envSourceContainerName")
    container_name = container.value if container is not None else None
    sections = spec.sections("triggers")
    triggers, schedules = [], 0
    for section in sections:
        kind = section.text("type", needed_by="a trigger")
        match kind.value if kind is not None else None:
            case "rabbitmq":
                trigger = read_trigger(draft, section, lookup, container_name, workload)
                triggers += [trigger] if trigger is not None else []
            case "cron":
                convert_schedule(draft, section, schedules, most)
                schedules += 1
            case None:
                draft.settle_below(section.path, Outcome.REFUSED, ALONG)
            case other:
                says = f"Maré scales by RabbitMQ and by schedules, not by {other}"
                draft.settle_below(section.path, Outcome.REFUSED, says)
    if not triggers and not draft.refused:
        draft.problem(spec.line, "a QueueAutoscaler needs a queue: there is no rabbitmq trigger")
    if container is not None:
        origins = [origin for trigger in triggers for origin in trigger.access.origins.values()]
        if any(isinstance(origin, Variable) for origin in origins):
            draft.need(container, "the variables are those of this container")
        else:
            draft.drop(container, "no variable of the workload is read")
    return triggers
