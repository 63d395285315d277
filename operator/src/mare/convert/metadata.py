"""Converts metadata, and the annotations that pause KEDA or force it to be active."""

import re

from mare.convert.draft import API_VERSION, KIND, Draft
from mare.convert.manifest import steps
from mare.documents.tree import Document

MARKER_LABEL = "scaledobject.keda.sh/name"
PREFIX = "autoscaling.keda.sh/"
PAUSED = f"{PREFIX}paused"
PAUSED_REPLICAS = f"{PREFIX}paused-replicas"
PAUSED_SCALE_IN = f"{PREFIX}paused-scale-in"
PAUSED_SCALE_OUT = f"{PREFIX}paused-scale-out"
FORCE_ACTIVATION = f"{PREFIX}force-activation"
STAYS_PAUSED = (
    "the ScaledObject is paused, so the output is paused too: Maré does not scale the workload"
    " until paused is removed from the output; do that now if it was paused for this migration"
)
_HALF_PAUSED = (
    "the ScaledObject does not scale {way}, so the output never does either; remove paused from the"
    " output if that was for this migration"
)
GITOPS = ("argocd.argoproj.io/", "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/")
"""Prefixes of the labels and annotations by which Argo CD and Flux know their objects."""
_WAYS = {"ScaleIn": "down", "ScaleOut": "up"}
_ANNOTATIONS = ("metadata", "annotations")


def convert_metadata(draft: Draft) -> None:
    draft.translate("apiVersion", "apiVersion", API_VERSION)
    draft.translate("kind", "kind", KIND)
    draft.apply_rules("object")
    draft.keep("metadata.name", "metadata.name")
    draft.keep("metadata.namespace", "metadata.namespace")
    draft.keep("metadata.labels", "metadata.labels")
    _convert_pause(draft)
    if _is_true(draft, FORCE_ACTIVATION):
        draft.translate((*_ANNOTATIONS, FORCE_ACTIVATION), "spec.activation.mode", "Always")
    draft.absorb((*_ANNOTATIONS, FORCE_ACTIVATION), "false is the default")
    for name in draft.value(_ANNOTATIONS) or ():
        if "keda.sh/" in name:
            draft.refuse((*_ANNOTATIONS, name), "is not an annotation that mare convert knows")
    draft.keep(_ANNOTATIONS, steps("metadata.annotations"))


def is_of_gitops(document: Document) -> bool:
    """Return whether Argo CD or Flux applies the object."""
    metadata = document.root.mapping("metadata")
    names = (*metadata.mapping("labels").entries, *metadata.mapping("annotations").entries)
    return any(name.startswith(GITOPS) for name in names)


def _convert_pause(draft: Draft) -> None:
    """Convert the annotations that pause; a fixed count takes precedence over them."""
    replicas = draft.value((*_ANNOTATIONS, PAUSED_REPLICAS))
    switches = (PAUSED, PAUSED_SCALE_IN, PAUSED_SCALE_OUT)
    on = [name for name in switches if _is_true(draft, name)]
    mode = "ScaleIn" if on == [PAUSED_SCALE_IN] else "ScaleOut"
    if replicas is not None or PAUSED in on or len(on) > 1:
        mode = "All"
    for name in switches:
        if name in on:
            note = STAYS_PAUSED if mode == "All" else _HALF_PAUSED.format(way=_WAYS[mode])
            draft.write((*_ANNOTATIONS, name), "spec.paused", mode)
            draft.need((*_ANNOTATIONS, name), note, new=f"paused: {mode}")
        draft.absorb((*_ANNOTATIONS, name), "false is the default")
    if replicas is None:
        return
    path = (*_ANNOTATIONS, PAUSED_REPLICAS)
    if not re.fullmatch(r"[+]?[0-9]{1,10}", replicas):
        draft.refuse(path, "has to be a number of replicas; KEDA cannot read it either")
        return
    draft.write(path, "spec.paused", "All")
    draft.write(path, "spec.pausedReplicas", int(replicas))
    draft.need(path, STAYS_PAUSED, new=f"pausedReplicas: {int(replicas)}")


def _is_true(draft: Draft, name: str) -> bool:
    """Return whether KEDA reads an annotation as true: Go's ParseBool does not read it as false."""
    false = (None, "0", "f", "F", "false", "FALSE", "False")
    return draft.value((*_ANNOTATIONS, name)) not in false
