"""The report: one line per value that is not kept unchanged, in the format of a compiler."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from mare.convert.authentication import AUTHENTICATIONS
from mare.convert.conversion import Conversion
from mare.convert.draft import KIND, Draft
from mare.convert.findings import ALONG, Finding, Outcome
from mare.convert.metadata import PAUSED
from mare.convert.secret import kubectl
from mare.documents.tree import Document, Path, printable, spelled

READ = ("ScaledObject", "HorizontalPodAutoscaler", *AUTHENTICATIONS)
"""The kinds that are reported; other kinds stay unchanged."""


@dataclass(frozen=True, slots=True)
class Step:
    note: str
    commands: tuple[str, ...] = ()


def text(conversion: Conversion) -> str:
    lines = [line for result in conversion.results for line in _object(result)]
    lines += _others(conversion)
    outcomes = conversion.outcomes
    counts = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in Outcome)
    lines.append(f"{outcomes.total()} values: {counts}")
    planned = steps(conversion)
    if planned:
        lines += ["", "Migrate in this order:"]
    for number, step in enumerate(planned, start=1):
        lines.append(f"{number}. {step.note}")
        lines += [f"   {line}" for command in step.commands for line in command.split("\n")]
    return "\n".join(map(printable, lines)) + "\n"


def manifests(conversion: Conversion) -> str:
    """Return the objects as a YAML stream, empty if there are none."""
    return "---\n".join(
        result.manifest.yaml(f"From {result.document.place}, {result.title}")
        for result in conversion.converted
    )


def data(conversion: Conversion) -> dict[str, Any]:
    return {
        "objects": [result.manifest.data() for result in conversion.converted],
        "report": [_object_data(result) for result in conversion.results],
        "summary": {outcome.value: conversion.outcomes[outcome] for outcome in Outcome},
        "steps": [asdict(step) for step in steps(conversion)],
    }


def _object(result: Draft) -> Iterator[str]:
    document, place = result.document, result.document.place
    if document.kind not in READ and not result.refused:
        return
    becomes = ""
    if result.manifest:
        becomes = f" -> {KIND} {document.name}"
    elif result.refused:
        becomes = " is refused: there is no output for it"
    yield f"{place}: {result.title}{becomes}"
    for problem in result.problems:
        yield f"{document.file}:{problem.line}: refused: {problem.note}"
    shown = [f for f in result.findings if f.outcome is not Outcome.KEPT and f.note != ALONG]
    if len({_fate(finding)[1:] for finding in result.findings}) == 1 and len(shown) > 1:
        yield f"{place}: {shown[0].outcome}: all of it ({shown[0].note})"
        return
    for _, group in groupby(shown, key=_fate):
        findings = list(group)
        yield f"{document.file}:{_line(findings)}"
        for command in filter(None, (finding.command for finding in findings)):
            yield from (f"    {line}" for line in command.split("\n"))
    for addition in result.additions:
        yield f"{place}: added: {addition.new} ({addition.note})"


def _fate(finding: Finding) -> tuple[Path, Outcome, str]:
    return finding.part_of or finding.path, finding.outcome, finding.note


def _line(findings: list[Finding]) -> str:
    first, several = findings[0], len(findings) > 1
    path = spelled(first.part_of if several else first.path).removeprefix("spec.")
    was = f" ({len(findings)} values)" if several else f": {first.was}"
    new = f" -> {first.new}" if first.new else ""
    note = f" ({first.note})" if first.note else ""
    return f"{first.line}: {first.outcome}: {path}{was}{new}{note}"


def _others(conversion: Conversion) -> list[str]:
    others = [
        f"{each.document.kind} {each.document.name}"
        for each in conversion.results
        if not (each.document.kind in READ or each.refused or each.document.kind.endswith("List"))
    ]
    return [f"unchanged: {', '.join(others)}"] if others else []


def _object_data(result: Draft) -> dict[str, Any]:
    document = result.document
    return {
        "file": document.file,
        "line": document.root.line,
        "kind": document.kind,
        "namespace": document.namespace,
        "name": document.name,
        "refused": result.refused,
        "values": [
            {
                "path": spelled(finding.path),
                "line": finding.line,
                "class": finding.outcome.value,
                "was": finding.was,
                "new": finding.new,
                "note": finding.note,
                "command": finding.command,
            }
            for finding in result.findings
        ],
        "problems": [asdict(problem) for problem in result.problems],
        "added": [asdict(addition) for addition in result.additions],
    }


def steps(conversion: Conversion) -> list[Step]:
    """Return the steps of the migration. No step leaves two autoscalers active on a workload."""
    needed = [found.command for each in conversion.converted for found in each.findings]
    objects = [each.document for each in conversion.converted]
    paused = [each for each in objects if each.kind == "ScaledObject"]
    restoring = [each.document for each in conversion.converted if each.restores_count]
    planned = {
        "Create the Secrets.": filter(None, needed),
        "Apply the output, here FILE. With dryRun: true it decides but changes nothing.": [
            "kubectl apply -f FILE" for _ in objects
        ],
        "Compare its decisions with those of the old autoscaler, which still scales, for days.": [
            kubectl(each.namespace, "describe", "qa", each.name) for each in objects
        ],
        "Pause the old autoscaler; the replicas do not change from here on.": [
            _on_old(each, "annotate", f"{PAUSED}=true", "--overwrite") for each in paused
        ],
        "Configure KEDA to keep the replicas when its object is deleted.": [
            _on_old(each, "patch", "--type=merge", "-p", _KEEP_COUNT) for each in restoring
        ],
        "Delete the old autoscaler; this also deletes the HPA of a ScaledObject.": [
            _on_old(each, "delete") for each in objects
        ],
        "Check that nothing else scales the workload; Maré reports it as AbleToScale: False.": [
            kubectl(each.namespace, "get", "hpa,scaledobject") for each in objects
        ],
        "Set dryRun to false.": [
            kubectl(each.namespace, "patch", "qa", each.name, "--type=merge", "-p", _SWITCH_ON)
            for each in objects
        ],
    }
    found = [Step(note, tuple(dict.fromkeys(commands))) for note, commands in planned.items()]
    return [step for step in found if step.commands]


_KEEP_COUNT = '{"spec":{"advanced":{"restoreToOriginalReplicaCount":false}}}'
_SWITCH_ON = '{"spec":{"dryRun":false}}'


def _on_old(document: Document, verb: str, *arguments: str) -> str:
    kind = "scaledobject" if document.kind == "ScaledObject" else "hpa"
    return kubectl(document.namespace, verb, kind, document.name, *arguments)
