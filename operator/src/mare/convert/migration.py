"""The steps of the migration, in an order in which some autoscaler always scales the workload.

A QueueAutoscaler without `dryRun` changes nothing as long as an HPA has the same workload, which
KEDA deletes for a pause. So it is armed first, and takes over when the other one stops.
"""

import json
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mare.convert.conversion import Conversion
from mare.convert.draft import Draft
from mare.convert.findings import Finding, Remark
from mare.convert.metadata import PAUSED
from mare.convert.secret import kubectl

_KEEP_COUNT = {"advanced": {"restoreToOriginalReplicaCount": False}}


@dataclass(frozen=True, slots=True)
class Step:
    note: str
    commands: tuple[str, ...] = ()
    back: str = ""
    """The command that undoes the step."""


def steps(conversion: Conversion) -> list[Step]:
    objects = conversion.converted
    if not objects:
        return []
    names = [(each.document.namespace, each.document.name) for each in objects]
    namespaces = dict.fromkeys(namespace for namespace, _ in names)
    return [
        Step("Give Maré the Secrets.", _commands(f for each in objects for f in each.findings)),
        *_checks(objects),
        Step(
            "Apply the output, here FILE. With dryRun: true it decides and changes nothing.",
            ("kubectl apply -f FILE",),
            back="kubectl delete -f FILE",
        ),
        Step(
            "For days, compare what each would do with what happens; the dashboard shows it too.",
            (
                *(kubectl(namespace, "get", "qa") for namespace in namespaces),
                _explain(*names[0]),
            ),
        ),
        *_takeovers(objects),
    ]


def _commands(findings: Iterator[Finding | Remark]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.command for found in findings if found.command))


def _checks(objects: list[Draft]) -> Iterator[Step]:
    """Yield a step for each kind of remark."""
    by_note: dict[str, list[Remark]] = defaultdict(list)
    for remark in (remark for each in objects for remark in each.remarks):
        by_note[remark.note].append(remark)
    for note, remarks in by_note.items():
        yield Step(f"{note[:1].upper()}{note[1:]}.", _commands(iter(remarks)))


def _explain(namespace: str | None, name: str) -> str:
    return shlex.join(("mare", "explain", name, *(("-n", namespace) if namespace else ())))


def _takeovers(objects: list[Draft]) -> Iterator[Step]:
    """Yield the steps of one workload, for each kind of autoscaler in each namespace."""
    groups: dict[tuple[str, str | None], list[Draft]] = defaultdict(list)
    for each in objects:
        groups[each.document.kind, each.document.namespace].append(each)
    for (kind, namespace), drafts in groups.items():
        yield from _takeover(kind, namespace, drafts)


def _takeover(kind: str, namespace: str | None, drafts: list[Draft]) -> Iterator[Step]:
    first, *others = (each.document.name for each in drafts)
    is_keda = kind == "ScaledObject"
    old = "scaledobject" if is_keda else "hpa"
    names = f", then {', '.join(others)}" if others else ""
    yield Step(
        f"One {kind} at a time: {first}{names}. Keep a copy of it.",
        (
            f"NAME={shlex.quote(first)}",
            _for_name(namespace, f"get {old}", '-o yaml > "$NAME.yaml"'),
        ),
    )
    yield Step(
        f"Set dryRun to false. As long as the {kind} scales, Maré still changes nothing.",
        (_for_name(namespace, "patch qa", _merge({"dryRun": False})),),
        back=_for_name(namespace, "patch qa", _merge({"dryRun": True})),
    )
    if is_keda:
        yield Step(
            "Pause the ScaledObject. KEDA deletes its HPA, and Maré scales from then on.",
            (_for_name(namespace, "annotate scaledobject", f"{PAUSED}=true --overwrite"),),
            back=_for_name(namespace, "annotate scaledobject", f"{PAUSED}-"),
        )
    if any(each.restores_count for each in drafts):
        yield Step(
            "Configure KEDA to keep the replicas when the ScaledObject is deleted.",
            (_for_name(namespace, "patch scaledobject", _merge(_KEEP_COUNT)),),
        )
    yield Step(
        f"When you are content, delete the {kind}.",
        (_for_name(namespace, f"delete {old}", ""),),
        back=f'{kubectl(namespace, "apply", "-f")} "$NAME.yaml"',
    )


def _for_name(namespace: str | None, verb: str, rest: str) -> str:
    """Return a command of kubectl for the object whose name is in the variable NAME."""
    return f'{kubectl(namespace, *verb.split())} "$NAME" {rest}'.rstrip()


def _merge(spec: Mapping[str, object]) -> str:
    return f"--type=merge -p '{json.dumps({'spec': spec}, separators=(',', ':'))}'"
