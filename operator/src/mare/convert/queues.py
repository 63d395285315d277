"""Converts the queue names, patterns and virtual hosts of all triggers together."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product
from typing import TYPE_CHECKING

from mare.convert.patterns import NotAWildcard, ignores_case, is_name, overlap, wildcards

if TYPE_CHECKING:
    from mare.convert.draft import Draft
    from mare.convert.triggers import Trigger

CASE = "RabbitMQ's search ignores case, Maré's wildcards do not: check that no queue differs in it"
NOT_FOUND = "a pattern that matches no queue is unknown, not 0"
FROM_HOST = "the end of the host's path; / if there is none"

Entry = tuple[str, str, str | None]
"""name or pattern, the text, and the virtual host if entries differ in it."""


def convert_queues(draft: Draft, triggers: list[Trigger]) -> list[list[str]]:
    """Write brokerRef.vhost and queues. Returns the texts of each trigger's entries."""
    vhosts = _vhosts(triggers)
    common = len(set(vhosts)) == 1
    written: list[Entry] = []
    texts = []
    for trigger, vhost in zip(triggers, vhosts, strict=True):
        entries = [
            (kind, text, None if common else vhost) for kind, text in _entries(draft, trigger)
        ]
        written += [entry for entry in entries if entry not in written]
        places = [f"spec.queues.{written.index(entry)}" for entry in entries]
        _write_entries(draft, trigger, entries, places)
        if vhost is not None:
            parents = ["spec.brokerRef"] if common else places
            _write_vhost(draft, trigger, vhost, [f"{parent}.vhost" for parent in parents])
        texts.append([text for _, text, _ in entries])
    _refuse_ambiguity(draft, triggers, written, texts)
    return texts


def _vhosts(triggers: list[Trigger]) -> list[str | None]:
    """The virtual host of each trigger; None if it is unknown, or if amqp-uri contains it."""
    if all("vhostName" not in t.metadata and t.access.protocol != "http" for t in triggers):
        return [None] * len(triggers)
    return [trigger.metadata.get("vhostName") or trigger.access.vhost for trigger in triggers]


def _entries(draft: Draft, trigger: Trigger) -> list[tuple[str, str]]:
    name = trigger.metadata["queueName"]
    if trigger.metadata.get("useRegex") != "true":
        return [("name", name)]
    try:
        patterns = wildcards(name)
    except NotAWildcard as error:
        draft.refuse((*trigger.path, "queueName"), f"{error}; write one trigger per queue")
        return []
    return [("name" if is_name(pattern) else "pattern", pattern) for pattern in patterns]


def _write_entries(draft: Draft, trigger: Trigger, entries: list[Entry], places: list[str]) -> None:
    path = (*trigger.path, "queueName")
    for (kind, text, _), place in zip(entries, places, strict=True):
        draft.write(path, f"{place}.{kind}", text)
    if not entries:
        return
    missing = NOT_FOUND if any(kind == "pattern" for kind, _, _ in entries) else ""
    regex = trigger.metadata.get("useRegex") == "true"
    if regex and any(ignores_case(text) for _, text, _ in entries):
        new = ", ".join(f"{kind}: {text}" for kind, text, _ in entries)
        note = f"{CASE}; {missing}".removesuffix("; ")
        draft.need(path, note, new=f"queues {new}")
    else:
        kind, text, _ = entries[0]
        draft.translate(path, f"{places[0]}.{kind}", text, missing)


def _write_vhost(draft: Draft, trigger: Trigger, vhost: str, places: list[str]) -> None:
    path = (*trigger.path, "vhostName")
    for place in places:
        if "vhostName" in trigger.metadata:
            draft.write(path, place, vhost)
        else:
            draft.add(place, vhost, FROM_HOST)
    if places:
        draft.translate(path, places[0], vhost)


def _refuse_ambiguity(
    draft: Draft, triggers: list[Trigger], written: list[Entry], texts: list[list[str]]
) -> None:
    """Refuse triggers that count the same queue by different entries: Maré counts it once."""
    for (_, these), (later, those) in combinations(zip(triggers, texts, strict=True), 2):
        for one, other in product(these, those):
            if one != other and overlap(one, other):
                note = f"{one} and {other} can match the same queue, which Maré counts only once"
                draft.problem(note, later.line_path)
    twice = [text for text, count in Counter(text for _, text, _ in written).items() if count > 1]
    if twice:
        note = f"{twice[0]} is in two virtual hosts; write one object per virtual host"
        draft.problem(note, triggers[0].line_path)
