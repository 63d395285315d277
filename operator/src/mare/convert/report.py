"""The report: a summary, the remarks of all objects, details on request, the migration."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from mare.convert.authentication import AUTHENTICATIONS
from mare.convert.chart_values import as_yaml
from mare.convert.conversion import Conversion
from mare.convert.details import details
from mare.convert.draft import Draft
from mare.convert.findings import ALONG, Outcome
from mare.convert.metadata import is_of_gitops
from mare.convert.migration import Step, steps
from mare.documents.tree import printable, spelled

READ = ("ScaledObject", "ScaledJob", "HorizontalPodAutoscaler", *AUTHENTICATIONS)
"""The kinds that are reported; other kinds stay unchanged."""
_NAMES_OF_A_REMARK = 3


def text(conversion: Conversion, *, detailed: bool = False) -> str:
    lines = [*_summary(conversion), *_remarks(conversion)]
    if detailed:
        lines += [line for result in conversion.results for line in details(result)]
        lines += _others(conversion)
        outcomes = conversion.outcomes
        counts = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in Outcome)
        lines.append(f"{outcomes.total()} values: {counts}")
    lines += _migration(steps(conversion), _preface(conversion))
    return "".join(f"{printable(line)}\n" for line in lines)


def refusals(conversion: Conversion) -> str:
    """Return the report with --quiet: refused objects, and the Secrets that need you."""
    lines = [line for each in conversion.results if each.refused for line in details(each)]
    objects: dict[str, dict[str, None]] = defaultdict(dict)
    for each in conversion.converted:
        for action in each.secrets:
            objects[f"needs you: {action}"][each.document.qualified_name] = None
    lines += _with_names(objects)
    return "".join(f"{printable(line)}\n" for line in lines)


def _verdict(result: Draft) -> str:
    if result.refused:
        return "refused"
    return "with remarks" if result.needs_reading else "converted"


def _summary(conversion: Conversion) -> Iterator[str]:
    found = [each for each in conversion.results if each.manifest or each.refused]
    verdicts = [_verdict(each) for each in found]
    counts = (f"{verdicts.count(each)} {each}" for each in ("converted", "with remarks", "refused"))
    width = max((len(each.title) for each in found), default=0)
    for each, verdict in zip(found, verdicts, strict=True):
        yield f"{each.title:{width}}  {verdict}"
    yield f"{len(found)} {'objects' if len(found) != 1 else 'object'}: {', '.join(counts)}"


def _remarks(conversion: Conversion) -> Iterator[str]:
    """Yield each remark once, with the objects that it is about."""
    objects: dict[str, dict[str, None]] = defaultdict(dict)
    for result in conversion.results:
        for remark in dict.fromkeys(_remarks_of(result)):
            objects[remark][result.document.qualified_name] = None
    yield from _with_names(objects)


def _with_names(objects: Mapping[str, Iterable[str]]) -> Iterator[str]:
    for remark, names in objects.items():
        first = ", ".join(list(names)[:_NAMES_OF_A_REMARK])
        more = len(list(names)) - _NAMES_OF_A_REMARK
        yield f"{remark} ({first}{f' and {more} more' if more > 0 else ''})"


def _remarks_of(result: Draft) -> Iterator[str]:
    for problem in result.problems:
        yield f"refused: {problem.note}"
    shown = (Outcome.NEEDS_YOU, Outcome.DROPPED, Outcome.REFUSED)
    for finding in result.findings:
        if finding.outcome in shown and finding.note != ALONG:
            path = spelled(finding.part_of or finding.path).removeprefix("spec.")
            yield f"{finding.outcome}: {path}: {finding.note}"
    for remark in result.remarks:
        yield f"needs you: {remark.note}"


def _preface(conversion: Conversion) -> Iterator[str]:
    """Yield what holds for all commands."""
    documents = [each.document for each in conversion.converted]
    managed = [each.qualified_name for each in documents if is_of_gitops(each)]
    if managed:
        yield (
            f"Argo CD or Flux applies some of these objects ({managed[0]}), and would undo patches"
            " by hand: the steps are commits there, see docs/gitops.md."
        )
    if any(each.namespace is None for each in documents):
        yield "Commands without -n act in the namespace of the current context."


def _migration(planned: list[Step], preface: Iterable[str]) -> Iterator[str]:
    if planned:
        yield ""
        yield from preface
        yield "Migrate in this order; `back` undoes a step:"
    for number, step in enumerate(planned, start=1):
        yield f"{number}. {step.name}: {step.note}"
        if step.values:
            yield from (f"   {line}" for line in as_yaml(step.values).split("\n"))
        for command in step.commands:
            yield from (f"   {line}" for line in command.split("\n"))
        if step.back:
            condition = f" (if {step.back_if})" if step.back_if else ""
            yield f"   back{condition}: {step.back}"


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
        "gitops": any(is_of_gitops(each.document) for each in conversion.converted),
        "steps": [asdict(step) for step in steps(conversion)],
    }


def _others(conversion: Conversion) -> list[str]:
    others = [
        f"{each.document.kind} {each.document.name}"
        for each in conversion.results
        if not (each.document.kind in READ or each.refused)
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
        "result": _verdict(result),
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
        "remarks": [asdict(remark) for remark in result.remarks],
        "added": [asdict(addition) for addition in result.additions],
    }
