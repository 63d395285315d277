"""Name, labels and annotations; and the annotations by which KEDA is paused or forced."""

import re

from mare.convert.counts import MOST_REPLICAS
from mare.convert.draft import API_VERSION, KIND, Draft, Field
from mare.convert.findings import Outcome
from mare.convert.reading import Section, within

SERVER_FIELDS = (
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "managedFields",
)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
FORBIDDEN = {
    "scaledobject.keda.sh/transfer-hpa-ownership": "there is no HPA to take over",
    "scaledobject.keda.sh/hpa-excluded-labels": "there is no HPA that labels are copied to",
    "validations.keda.sh/hpa-ownership": (
        "another autoscaler on the same workload shows as a condition, always"
    ),
}
PAUSED = "autoscaling.keda.sh/paused"
PAUSED_REPLICAS = "autoscaling.keda.sh/paused-replicas"
PAUSED_SCALE_IN = "autoscaling.keda.sh/paused-scale-in"
PAUSED_SCALE_OUT = "autoscaling.keda.sh/paused-scale-out"
FORCE_ACTIVATION = "autoscaling.keda.sh/force-activation"
MARKER_LABEL = "scaledobject.keda.sh/name"
FOR_THE_MIGRATION = "if that was for this migration only, remove it at the end"


def convert_metadata(draft: Draft, root: Section) -> None:
    """Everything outside of spec."""
    for name, value in (("apiVersion", API_VERSION), ("kind", KIND)):
        field = root.text(name)
        if field is not None:
            draft.translate(field, name, value)
    metadata = root.section("metadata")
    for name in SERVER_FIELDS:
        _drop_part(draft, metadata, name, "the API server writes it")
    _drop_part(draft, metadata, "finalizers", "they guard the old object, not the new one")
    owners = "the new object is not deleted together with the owner"
    _drop_part(draft, metadata, "ownerReferences", owners)
    own_name = metadata.text("name", needed_by="metadata")
    if own_name is not None:
        draft.keep(own_name, "metadata.name")
    namespace = metadata.text("namespace")
    if namespace is not None:
        draft.keep(namespace, "metadata.namespace")
    for label in metadata.section("labels").words():
        if label.path[-1] == MARKER_LABEL:
            draft.drop(label, "KEDA's own mark on its objects")
        else:
            draft.keep(label, ("metadata", "labels", label.path[-1]))
    _convert_annotations(draft, metadata)
    _drop_part(draft, root, "status", "what the old autoscaler saw is not carried over")


def _drop_part(draft: Draft, section: Section, name: str, effect: str) -> None:
    draft.ask(section.path, name)
    draft.settle_below((*section.path, name), Outcome.DROPPED, effect)


def _convert_annotations(draft: Draft, metadata: Section) -> None:
    annotations = {str(field.path[-1]): field for field in metadata.section("annotations").words()}
    known = [PAUSED, PAUSED_REPLICAS, PAUSED_SCALE_IN, PAUSED_SCALE_OUT, FORCE_ACTIVATION]
    for name in (*known, *FORBIDDEN):
        draft.ask((*metadata.path, "annotations"), name)
    _convert_pause(draft, {name: annotations.pop(name, None) for name in known[:-1]})
    force = annotations.pop(FORCE_ACTIVATION, None)
    if force is not None:
        if _is_true(force.value):
            draft.translate(force, "spec.activation.mode", "Always")
        else:
            draft.absorb(force, "not forced is the rule")
    for name, field in annotations.items():
        if name == LAST_APPLIED:
            draft.drop(field, "kubectl writes it anew")
        elif name in FORBIDDEN:
            draft.drop(field, FORBIDDEN[name])
        elif "keda.sh/" not in name:
            draft.keep(field, ("metadata", "annotations", name))


def _convert_pause(draft: Draft, pause: dict[str, Field[str] | None]) -> None:
    """A fixed count pauses whatever else is said; without one, both directions are all."""
    replicas = pause.pop(PAUSED_REPLICAS)
    paused = [field for field in pause.values() if field is not None and _is_true(field.value)]
    names = {field.path[-1] for field in paused}
    if replicas is not None or PAUSED in names or len(names & _ONE_WAY) == len(_ONE_WAY):
        mode = "All"
    elif names:
        mode = "ScaleIn" if PAUSED_SCALE_IN in names else "ScaleOut"
    else:
        mode = ""
    for field in pause.values():
        if field is None:
            continue
        if field in paused:
            draft.translate(field, "spec.paused", mode, FOR_THE_MIGRATION)
        else:
            draft.absorb(field, "not paused is the rule")
    if replicas is not None:
        try:
            count = _count(replicas.value)
        except ValueError as error:
            draft.refuse(replicas, str(error))
            return
        draft.manifest.put("spec.paused", "All", replicas.was)
        draft.translate(replicas, "spec.pausedReplicas", count, FOR_THE_MIGRATION)


_ONE_WAY = {PAUSED_SCALE_IN, PAUSED_SCALE_OUT}


def _count(text: str) -> int:
    if not re.fullmatch(r"[+]?[0-9]{1,10}", text):
        raise ValueError("has to be a count of replicas; KEDA cannot read it either")
    return within(int(text), 0, MOST_REPLICAS)


def _is_true(text: str) -> bool:
    """As Go reads a boolean; KEDA takes whatever is none for true."""
    return text not in ("0", "f", "F", "false", "FALSE", "False")
