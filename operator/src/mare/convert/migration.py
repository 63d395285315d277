"""The steps of the migration, in an order in which some autoscaler always scales the workload.

A QueueAutoscaler without `dryRun` changes nothing as long as an HPA has the same workload, which
KEDA deletes for a pause. So it is armed first, and takes over when the other one stops. It is armed
in FILE, because a later `kubectl apply -f FILE` sets what FILE has.
"""

import json
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mare.convert.chart_values import chart_values, remarks
from mare.convert.commands import kubectl
from mare.convert.conversion import Conversion
from mare.convert.draft import Draft
from mare.convert.metadata import PAUSED

_APPLY = "kubectl apply -f FILE"
_DELETABLE = "each object in FILE has dryRun: true"
_AND_NO_JOB = ", and the last Job of Maré has ended: the command deletes its Jobs"
_DRY_AGAIN = "its dryRun in FILE is true again"
_RESOURCES = {
    "ScaledObject": "scaledobject",
    "ScaledJob": "scaledjob",
    "HorizontalPodAutoscaler": "hpa",
}


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    """The word by which docs/convert.md refers to the step."""
    note: str
    commands: tuple[str, ...] = ()
    back: str = ""
    """The command that undoes the step."""
    back_if: str = ""
    """What has to be the case before `back` is run; empty if nothing has to."""
    namespace: str | None = None
    """That of the objects; None if they are in several, or in the current one."""
    objects: tuple[str, ...] = ()
    """The objects that the step is about, as NAMESPACE/NAME; empty if it is about all."""
    values: Mapping[str, Any] | None = None
    """Values of the chart of the operator; None if there are none."""


_LATER = Step(
    "Later",
    "Weeks later, remove the defaults of the HPA from behavior in FILE, so that Maré reacts"
    " faster, and consider target: {type: QueueWaitTime}.",
    (_APPLY,),
)


def steps(conversion: Conversion) -> list[Step]:
    objects = conversion.converted
    if not objects:
        return []
    return [
        *_preparations(objects),
        *_takeovers(objects),
        *([] if all(each.document.kind == "ScaledJob" for each in objects) else [_LATER]),
    ]


def _preparations(objects: list[Draft]) -> Iterator[Step]:
    """Yield the steps of all workloads together."""
    yield Step(
        "Chart",
        "Install the operator's chart with these values. An upgrade replaces lists: add these"
        f" entries to those that you have. {remarks(objects)}".rstrip(),
        values=chart_values(objects),
    )
    commands = [found.command for each in objects for found in each.findings if found.command]
    if commands:
        yield Step("Secrets", "Give Maré the Secrets.", tuple(dict.fromkeys(commands)))
    added = [remark.command for each in objects for remark in each.remarks if remark.command]
    if added:
        yield Step(
            "Management",
            "Only where the management API is not at the address named above, or none is named:"
            " add its URI to the Secret.",
            tuple(dict.fromkeys(added)),
        )
    edits: dict[str, dict[str, None]] = defaultdict(dict)
    for each in objects:
        for edit in each.edits:
            edits[edit][each.document.qualified_name] = None
    if edits:
        each_edit = "; ".join(f"{edit} ({', '.join(names)})" for edit, names in edits.items())
        yield Step("Edit", f"The output is here FILE. Complete {each_edit}.")
    creates_jobs = any(each.document.kind == "ScaledJob" for each in objects)
    yield Step(
        "Apply",
        "Apply the output, here FILE. With dryRun: true it decides and changes nothing.",
        (_APPLY,),
        back="kubectl delete -f FILE",
        back_if=_DELETABLE + (_AND_NO_JOB if creates_jobs else ""),
    )
    namespaces = dict.fromkeys(each.document.namespace for each in objects)
    first = objects[0].document
    yield Step(
        "Compare",
        "For days, compare what each would do with what happens; the dashboard shows it too.",
        (
            *(kubectl(namespace, "get", "qa") for namespace in namespaces),
            _explain(first.namespace, first.name),
        ),
    )


def _explain(namespace: str | None, name: str) -> str:
    return shlex.join(("mare", "explain", name, *(("-n", namespace) if namespace else ())))


def _takeovers(objects: list[Draft]) -> Iterator[Step]:
    """Yield the steps of one workload, for each kind of autoscaler in each namespace.

    Autoscalers that are paused come last, because a person decides when they are taken over.
    """
    groups: dict[tuple[bool, str, str | None], list[Draft]] = defaultdict(list)
    for each in sorted(objects, key=lambda each: each.is_paused):
        groups[each.is_paused, each.document.kind, each.document.namespace].append(each)
    for (is_paused, kind, namespace), drafts in groups.items():
        names = tuple(each.document.qualified_name for each in drafts)
        if is_paused:
            note = (
                f"Neither KEDA nor Maré scales {', '.join(names)}. When Maré is to scale one,"
                f" leave its {kind} paused, and take the next steps."
            )
            yield Step("Paused", note, namespace=namespace, objects=names)
        takeover = _takeover_of_jobs if kind == "ScaledJob" else _takeover
        for step in takeover(namespace, drafts):
            yield replace(step, namespace=namespace, objects=step.objects or names)


def _copying(namespace: str | None, drafts: list[Draft]) -> Step:
    kind = drafts[0].document.kind
    first, *others = (each.document.qualified_name for each in drafts)
    then = f", then {', '.join(others)}" if others else ""
    copying = f"-o yaml > {_copy(namespace, kind)}"
    return Step(
        "Copy",
        f"One {kind} at a time: {first}{then}. Keep a copy of it.",
        (
            f"NAME={shlex.quote(drafts[0].document.name)}",
            _for_name(namespace, f"get {_RESOURCES[kind]}", copying),
        ),
    )


def _arming(drafts: list[Draft], effect: str) -> Step:
    paused = "remove paused and pausedReplicas, " if drafts[0].is_paused else ""
    return Step(
        "Arm",
        f"In FILE, {paused}set dryRun of this object to false, and apply FILE. {effect}",
        (_APPLY,),
        back=_APPLY,
        back_if=_DRY_AGAIN,
    )


def _takeover_of_jobs(namespace: str | None, drafts: list[Draft]) -> Iterator[Step]:
    """Yield the steps for a ScaledJob: nothing else keeps KEDA and Maré from creating Jobs both."""
    yield _copying(namespace, drafts)
    if not drafts[0].is_paused:
        yield Step(
            "Pause",
            "Pause the ScaledJob. KEDA creates no more Jobs, and those that run go on.",
            (_for_name(namespace, "annotate scaledjob", f"{PAUSED}=true --overwrite"),),
            back=f"{_APPLY} && {_for_name(namespace, 'annotate scaledjob', f'{PAUSED}-')}",
            back_if=_DRY_AGAIN,
        )
    yield _arming(drafts, "Maré creates Jobs from then on.")
    yield Step(
        "Delete",
        "When the last Job of the ScaledJob has ended, delete the ScaledJob: that ends its Jobs.",
        (_for_name(namespace, "delete scaledjob", ""),),
        # Unless the copy is paused, KEDA creates Jobs at once.
        back=f"{_APPLY} && {kubectl(namespace, 'apply', '-f')} {_copy(namespace, 'ScaledJob')}",
        back_if=_DRY_AGAIN,
    )


def _takeover(namespace: str | None, drafts: list[Draft]) -> Iterator[Step]:
    kind, is_paused = drafts[0].document.kind, drafts[0].is_paused
    is_keda = kind == "ScaledObject"
    yield _copying(namespace, drafts)
    waits = f"As long as the {kind} scales, Maré still changes nothing."
    yield _arming(drafts, "Maré scales from then on." if is_paused else waits)
    if is_keda and not is_paused:
        yield Step(
            "Pause",
            "Pause the ScaledObject. KEDA (measured with 2.21) deletes its HPA, and Maré scales"
            " from then on.",
            (_for_name(namespace, "annotate scaledobject", f"{PAUSED}=true --overwrite"),),
            back=_for_name(namespace, "annotate scaledobject", f"{PAUSED}-"),
        )
    restored = tuple(each.document.qualified_name for each in drafts if each.restores_count)
    if restored:
        yield Step(
            "Keep",
            "Configure KEDA to keep the replicas when the ScaledObject is deleted"
            f" ({', '.join(restored)}).",
            (_for_name(namespace, "patch scaledobject", _merge(_count(restored=False))),),
            back=_for_name(namespace, "patch scaledobject", _merge(_count(restored=True))),
            objects=restored,
        )
    yield Step(
        "Delete",
        "Days later, delete the ScaledObject."
        if is_keda
        else f"Delete the {kind}. Maré scales from then on.",
        (_for_name(namespace, f"delete {_RESOURCES[kind]}", ""),),
        back=f"{kubectl(namespace, 'apply', '-f')} {_copy(namespace, kind)}",
    )


def _copy(namespace: str | None, kind: str) -> str:
    """Return the name of a file that is not that of the user's own manifest, as a shell word."""
    scope = shlex.quote(f"{namespace}-") if namespace else ""
    return f'{scope}"$NAME-{_RESOURCES[kind]}.yaml"'


def _for_name(namespace: str | None, verb: str, rest: str) -> str:
    """Return a command of kubectl for the object whose name is in the variable NAME."""
    return f'{kubectl(namespace, *verb.split())} "$NAME" {rest}'.rstrip()


def _count(*, restored: bool) -> Mapping[str, object]:
    return {"advanced": {"restoreToOriginalReplicaCount": restored}}


def _merge(spec: Mapping[str, object]) -> str:
    return f"--type=merge -p '{json.dumps({'spec': spec}, separators=(',', ':'))}'"
