"""The report: one line per value that is not kept unchanged, in the format of a compiler."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from mare.convert.authentication import AUTHENTICATIONS
from mare.convert.draft import KIND
from mare.convert.findings import ALONG, Conversion, Finding, Outcome, Result
from mare.convert.metadata import PAUSED
from mare.convert.secret import kubectl
from mare.documents.tree import Path, printable, spelled

READ = ("ScaledObject", "HorizontalPodAutoscaler", *AUTHENTICATIONS)
"""The kinds that are reported; other kinds stay unchanged."""


@dataclass(frozen=True, slots=True)
class Step:
    note: str
    commands: tuple[str, ...] = ()


def text(conversion: Conversion) -> str:
    lines = [line for result in conversion.results for line in _object(result)]
    lines += _others(conversion)
    lines.append(_summary(conversion))
    planned = steps(conversion)
    if planned:
        lines += ["", "Migrate in this order:"]
    for number, step in enumerate(planned, start=1):
        lines.append(f"{number}. {step.note}")
        lines += [f"   {line}" for command in step.commands for line in command.split("\n")]
    return "\n".join(map(printable, lines)) + "\n"


def manifests(conversion: Conversion) -> str:
    """The objects as a YAML stream, empty if there are none."""
    return "---\n".join(
        result.manifest.yaml(f"From {result.file}:{result.line}, {result.title}")
        for result in conversion.results
        if result.manifest is not None
    )


def data(conversion: Conversion) -> dict[str, Any]:
    return {
        "objects": [result.manifest.data() for result in conversion.converted if result.manifest],
        "report": [_object_data(result) for result in conversion.results],
        "summary": {outcome.value: conversion.outcomes[outcome] for outcome in Outcome},
        "steps": [asdict(step) for step in steps(conversion)],
    }


def _object(result: Result) -> Iterator[str]:
    if result.kind not in READ and not result.refused:
        return
    becomes = ""
    if result.manifest is not None:
        becomes = f" -> {KIND} {result.name}"
    elif result.refused:
        becomes = " is refused: there is no output for it"
    yield f"{result.file}:{result.line}: {result.title}{becomes}"
    for problem in result.problems:
        yield f"{result.file}:{problem.line}: refused: {problem.note}"
    shown = [f for f in result.findings if f.outcome is not Outcome.KEPT and f.note != ALONG]
    if len({_fate(finding)[1:] for finding in result.findings}) == 1 and len(shown) > 1:
        yield f"{result.file}:{result.line}: {shown[0].outcome}: all of it ({shown[0].note})"
        return
    for _, group in groupby(shown, key=_fate):
        findings = list(group)
        yield _line(result, findings)
        for command in filter(None, (finding.command for finding in findings)):
            yield from (f"    {line}" for line in command.split("\n"))
    for addition in result.additions:
        yield f"{result.file}:{result.line}: added: {addition.new} ({addition.note})"


def _fate(finding: Finding) -> tuple[Path, Outcome, str]:
    return finding.part_of or finding.path, finding.outcome, finding.note


def _line(result: Result, findings: list[Finding]) -> str:
    first, several = findings[0], len(findings) > 1
    path = spelled(first.part_of if several else first.path).removeprefix("spec.")
    was = f" ({len(findings)} values)" if several else f": {first.was}"
    new = f" -> {first.new}" if first.new else ""
    note = f" ({first.note})" if first.note else ""
    return f"{result.file}:{first.line}: {first.outcome}: {path}{was}{new}{note}"


def _others(conversion: Conversion) -> list[str]:
    others = [
        result.short_title
        for result in conversion.results
        if result.kind not in READ and not result.refused and not result.kind.endswith("List")
    ]
    return [f"unchanged: {', '.join(others)}"] if others else []


def _summary(conversion: Conversion) -> str:
    outcomes = conversion.outcomes
    counts = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in Outcome)
    return f"{outcomes.total()} values: {counts}"


def _object_data(result: Result) -> dict[str, Any]:
    return {
        "file": result.file,
        "line": result.line,
        "kind": result.kind,
        "namespace": result.namespace,
        "name": result.name,
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
        "problems": [{"line": p.line, "note": p.note} for p in result.problems],
        "added": [{"new": a.new, "note": a.note} for a in result.additions],
    }


def steps(conversion: Conversion) -> list[Step]:
    """The migration, which never leaves two autoscalers active on one workload."""
    results = conversion.converted
    if not results:
        return []
    paused = [result for result in results if result.kind == "ScaledObject"]
    restoring = [result for result in results if result.restores_count]
    needed = [
        finding.command for result in results for finding in result.findings if finding.command
    ]
    planned = [
        Step(
            "Pause the old autoscaler; the replicas do not change from here on.",
            tuple(_on(r, "annotate", r, f"{PAUSED}=true", "--overwrite") for r in paused),
        ),
        Step("Create the Secrets.", tuple(dict.fromkeys(needed))),
        Step(
            "Apply the output, here FILE. With dryRun: true it decides but changes nothing.",
            ("kubectl apply -f FILE",),
        ),
        Step(
            "Compare its decisions with your expectations, on the dashboard or here.",
            tuple(kubectl(r.namespace, "describe", "qa", r.name) for r in results),
        ),
        Step(
            "Configure KEDA to keep the replicas when its object is deleted.",
            tuple(_on(r, "patch", r, "--type=merge", "-p", _KEEP_COUNT) for r in restoring),
        ),
        Step(
            "Delete the old autoscaler; this also deletes the HPA of a ScaledObject.",
            tuple(_on(r, "delete", r) for r in results),
        ),
        Step(
            "Check that nothing else scales the workload; Maré reports it as AbleToScale: False.",
            tuple(dict.fromkeys(kubectl(r.namespace, "get", "hpa,scaledobject") for r in results)),
        ),
        Step("Set dryRun to false.", tuple(_switch_on(r) for r in results)),
    ]
    return [step for step in planned if step.commands]


_KEEP_COUNT = '{"spec":{"advanced":{"restoreToOriginalReplicaCount":false}}}'


def _on(result: Result, verb: str, target: Result, *arguments: str) -> str:
    kind = "scaledobject" if target.kind == "ScaledObject" else "hpa"
    return kubectl(result.namespace, verb, kind, target.name, *arguments)


def _switch_on(result: Result) -> str:
    patch = '{"spec":{"dryRun":false}}'
    return kubectl(result.namespace, "patch", "qa", result.name, "--type=merge", "-p", patch)
