"""Converts a KEDA ScaledJob (keda.sh/v1alpha1) to an object with a jobTemplate.

Source: pkg/scaling/executor/scale_jobs.go of KEDA 2.21. `maxScale` is the messages over the value
of the trigger, at most maxReplicaCount. Each strategy leaves this number of new Jobs:

- default: maxScale - running, where running are all unfinished Jobs;
- accurate: maxScale - pending, or maxReplicaCount - running if these are fewer;
- eager: maxScale, or maxReplicaCount - running - pending if these are fewer.

Maré subtracts the messages that unfinished Jobs will still take, whatever the strategy.
"""

from mare.convert.draft import Draft
from mare.convert.findings import KEEP_KEDA
from mare.convert.metadata import convert_metadata
from mare.convert.origins import Objects, jobs_of
from mare.convert.quantities import plain
from mare.convert.scaledobject import DRY_RUN, KEDA_MAX_REPLICAS, settle_container
from mare.convert.secret import convert_broker
from mare.convert.triggers import (
    KEDA_LENGTH,
    QUEUE_LENGTH,
    Trigger,
    convert_queues,
    convert_trigger,
)
from mare.documents.tree import Path

_HISTORY = 100
_HISTORY_NOTE = "KEDA's default; Maré remembers 2,000 Jobs of a namespace, finished ones included"
_STRATEGY = "spec.scalingStrategy.strategy"
_STRATEGIES = {
    "default": "KEDA subtracts all unfinished Jobs; Maré the messages that they will still take",
    "accurate": "unfinished Jobs keep their messages until they have taken them, as in Maré",
}
_EAGER = "Maré creates no Job for a message that a starting Job will take; KEDA's eager does"
_CUSTOM = "Maré subtracts the messages that unfinished Jobs will still take, by no formula"


def convert_scaledjob(draft: Draft, objects: Objects) -> None:
    draft.check("ScaledJob")
    convert_metadata(draft)
    draft.scale_target = ("Job", draft.document.name)
    _convert_template(draft)
    _convert_counts(draft)
    _convert_strategy(draft)
    workload = jobs_of(draft, draft.value("spec.envSourceContainerName"))
    triggers = []
    for index, trigger in enumerate(draft.value("spec.triggers") or ()):
        path = ("spec", "triggers", index)
        kind = (trigger or {}).get("type")
        if kind != "rabbitmq":
            note = f"Maré creates Jobs for messages of RabbitMQ, not by {kind}"
            draft.refuse(path, f"{note}: {KEEP_KEDA}")
            continue
        draft.check("rabbitmq", path)
        triggers.append(convert_trigger(draft, path, objects, workload))
    complete = [each for each in triggers if each is not None]
    if complete:
        _convert_values(draft, complete)
        convert_queues(draft, complete)
        convert_broker(draft, [each.access for each in complete])
    elif not draft.refused:
        draft.problem("a QueueAutoscaler needs a queue: there is no rabbitmq trigger", ("spec",))
    settle_container(draft, "spec.envSourceContainerName", complete)
    draft.absorb("spec.pollingInterval", "Maré reads the queues every second or more")
    draft.add("spec.dryRun", True, DRY_RUN)


def _convert_template(draft: Draft) -> None:
    labels = draft.manifest.data().get("metadata", {}).get("labels", {})
    for name, value in labels.items():
        label = ("spec", "jobTemplate", "metadata", "labels", name)
        draft.add(label, value, "KEDA copies the labels of the ScaledJob to its Jobs")
    pod = draft.value("spec.jobTargetRef.template.spec") or {}
    draft.keep("spec.jobTargetRef", "spec.jobTemplate.spec")
    if pod and "restartPolicy" not in pod:
        to = "spec.jobTemplate.spec.template.spec.restartPolicy"
        draft.add(to, "OnFailure", "KEDA's default")


def _convert_counts(draft: Draft) -> None:
    spec = draft.value("spec") or {}
    if "maxReplicaCount" in spec:
        draft.translate("spec.maxReplicaCount", "spec.maxReplicas", spec["maxReplicaCount"])
    else:
        draft.add("spec.maxReplicas", KEDA_MAX_REPLICAS, "KEDA's default")
    if spec.get("minReplicaCount") == 0:
        draft.absorb("spec.minReplicaCount", "Maré creates Jobs for messages only")
    draft.drop("spec.minReplicaCount", "no Job waits for messages; each is created for some")
    for name in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        if name in spec:
            draft.translate(f"spec.{name}", f"spec.jobs.{name}", spec[name])
        else:
            draft.add(f"spec.jobs.{name}", _HISTORY, _HISTORY_NOTE)
    for path in ("spec.rollout.strategy", "spec.rolloutStrategy"):
        if draft.value(path) == "gradual":
            draft.absorb(path, "Maré ends no Job when the template changes")
        draft.drop(path, "Jobs of the former template run to their end")
    draft.absorb("spec.rollout.propagationPolicy", "Maré ends no Job when the template changes")


def _convert_strategy(draft: Draft) -> None:
    strategy = draft.value(_STRATEGY)
    if strategy in _STRATEGIES:
        draft.absorb(_STRATEGY, _STRATEGIES[strategy])
    draft.drop(_STRATEGY, _EAGER if strategy == "eager" else _CUSTOM)
    for name in ("customScalingQueueLengthDeduction", "customScalingRunningJobPercentage"):
        draft.drop(f"spec.scalingStrategy.{name}", _CUSTOM)
    note = "a Job counts as starting until a Pod of it is ready and a message is taken"
    draft.drop("spec.scalingStrategy.pendingPodConditions", note)
    path = "spec.scalingStrategy.multipleScalersCalculation"
    if draft.value(path) == "sum":
        draft.absorb(path, "Maré adds up all queues")
    draft.drop(path, "Maré adds up the ready messages of all queues")


def _convert_values(draft: Draft, triggers: list[Trigger]) -> None:
    """Write messagesPerJob, which is one value for all triggers."""
    values = set()
    for trigger in triggers:
        at, metadata = trigger.path, trigger.metadata
        if trigger.mode != QUEUE_LENGTH:
            draft.refuse((*at, "mode"), "Maré creates Jobs for messages, not for rates")
        draft.absorb((*at, "mode"), "Jobs are created for ready messages")
        draft.absorb((*trigger.line_path, "metricType"), "Jobs are created for ready messages")
        for name in ("excludeUnacknowledged", "protocol"):
            draft.absorb(
                (*at, name), "ready messages count, and what unfinished Jobs claim of them"
            )
        if float(metadata.get("activationValue", 0)) <= 0:
            draft.absorb((*at, "activationValue"), "the first message gets a Job")
        draft.drop((*at, "activationValue"), "the first message gets a Job")
        values.add(_convert_value(draft, at, metadata))
    if len(values) > 1:
        draft.problem("messagesPerJob is one number for all triggers; write an object for each")


def _convert_value(draft: Draft, at: Path, metadata: dict[str, str]) -> float:
    to = "spec.jobs.messagesPerJob"
    given = "value" if "value" in metadata else "queueLength"
    if given not in metadata:
        if at[2] == 0:
            draft.add(to, KEDA_LENGTH, "KEDA's default")
        return KEDA_LENGTH
    value = float(metadata[given])
    if value < 1 or not value.is_integer():
        draft.refuse((*at, given), "has to be a whole number of at least 1")
    elif at[2] == 0:
        draft.translate((*at, given), to, plain(value))
    else:
        draft.absorb((*at, given), "one number for all triggers")
    return value
