"""The details of the report: one line per value that is not kept, in the format of a compiler."""

from collections.abc import Iterator
from itertools import groupby

from mare.convert.draft import KIND, Draft
from mare.convert.findings import ALONG, Finding, Outcome
from mare.documents.tree import Path, spelled


def details(result: Draft) -> Iterator[str]:
    """Yield a heading and the lines of one object; nothing if all of it stays or is left out."""
    document, place = result.document, result.document.place
    hidden = (Outcome.KEPT, Outcome.LEFT_OUT)
    shown = [f for f in result.findings if f.outcome not in hidden and f.note != ALONG]
    if not shown and not result.problems:
        return
    becomes = ""
    if result.manifest:
        becomes = f" -> {KIND} {document.name}"
    elif result.refused:
        becomes = " is refused: there is no output for it"
    yield f"{place}: {result.title}{becomes}"
    for problem in result.problems:
        yield f"{document.file}:{problem.line}: refused: {problem.note}"
    if len({_fate(finding)[1:] for finding in result.findings}) == 1 and len(shown) > 1:
        yield f"{place}: {shown[0].outcome}: all of it ({shown[0].note})"
        return
    for _, group in groupby(shown, key=_fate):
        findings = list(group)
        yield f"{document.file}:{_line(findings)}"
        for command in filter(None, (finding.command for finding in findings)):
            yield from _indented(command)
    for remark in result.remarks:
        yield f"{document.file}:{remark.line}: needs you: {remark.note}"
    for addition in result.additions:
        yield f"{place}: added: {addition.new} ({addition.note})"


def _indented(command: str) -> Iterator[str]:
    return (f"    {line}" for line in command.split("\n"))


def _fate(finding: Finding) -> tuple[Path, Outcome, str]:
    return finding.part_of or finding.path, finding.outcome, finding.note


def _line(findings: list[Finding]) -> str:
    first, several = findings[0], len(findings) > 1
    path = spelled(first.part_of if several else first.path).removeprefix("spec.")
    was = f" ({len(findings)} values)" if several else f": {first.was}"
    new = f" -> {first.new}" if first.new else ""
    note = f" ({first.note})" if first.note else ""
    return f"{first.line}: {first.outcome}: {path}{was}{new}{note}"
