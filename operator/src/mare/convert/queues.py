"""Which queues: names and patterns of all triggers together, and their virtual hosts."""

from collections import Counter
from itertools import combinations, product

from mare.convert.draft import Draft
from mare.convert.patterns import NotAWildcard, ignores_case, is_name, overlap, wildcards
from mare.convert.triggers import Trigger

MOST_QUEUES = 32
CASE = "RabbitMQ's search ignores case and Maré's wildcards do not: see that no queue differs in it"
NOT_FOUND = "a pattern that fits no queue is unknown, not 0"

Entry = tuple[str, str, str | None]
"""Whether it is a name or a pattern, the text, and the virtual host if it is given."""


def convert_queues(draft: Draft, triggers: list[Trigger]) -> list[list[str]]:
    """Write brokerRef.vhost and queues. Returns each trigger's entries, as targets name them."""
    vhosts = _vhosts(triggers)
    common = vhosts[0] if len(set(vhosts)) == 1 else None
    written: list[Entry] = []
    of_triggers = []
    for trigger, vhost in zip(triggers, vhosts, strict=True):
        own_vhost = vhost if common is None else None
        entries = [(*entry, own_vhost) for entry in _entries(draft, trigger)]
        _write(draft, trigger, entries, written)
        if vhost is not None:
            indexes = [written.index(entry) for entry in entries]
            _convert_vhost(draft, trigger, vhost, [] if common is not None else indexes)
        of_triggers.append([text for _, text, _ in entries])
    _refuse_overlaps(draft, triggers, of_triggers)
    if len(written) > MOST_QUEUES:
        draft.problem(triggers[0].line, f"a QueueAutoscaler has at most {MOST_QUEUES} queues")
    twice = [text for text, count in Counter(text for _, text, _ in written).items() if count > 1]
    if twice:
        says = f"{twice[0]} seems to lie in two virtual hosts, give each its own object"
        draft.problem(triggers[0].line, says)
    return of_triggers


def _refuse_overlaps(draft: Draft, triggers: list[Trigger], entries: list[list[str]]) -> None:
    """A queue counts with one entry only, so no two targets may find it by different ones."""
    pairs = combinations(zip(triggers, entries, strict=True), 2)
    for (_, these), (later, those) in pairs:
        for one, other in product(these, those):
            if one != other and overlap(one, other):
                says = f"{one} and {other} may find the same queue, which counts only once in Maré"
                draft.problem(later.line, says)


def _vhosts(triggers: list[Trigger]) -> list[str | None]:
    """Each trigger's virtual host as far as it is seen.

    None if nobody has to write it: an AMQP URI says it itself, a management URI of ours does not.
    """
    uri_says = all(t.vhost is None and t.access.protocol != "http" for t in triggers)
    return [
        None if uri_says else trigger.vhost.value if trigger.vhost else trigger.access.vhost
        for trigger in triggers
    ]


def _entries(draft: Draft, trigger: Trigger) -> list[tuple[str, str]]:
    """The entries of a trigger; empty if its expression cannot be said."""
    if not trigger.regex:
        return [("name", trigger.queue.value)]
    try:
        patterns = wildcards(trigger.queue.value)
    except NotAWildcard as error:
        draft.refuse(trigger.queue, f"{error}; write a trigger for each queue")
        return []
    return [("name" if is_name(pattern) else "pattern", pattern) for pattern in patterns]


def _write(draft: Draft, trigger: Trigger, entries: list[Entry], written: list[Entry]) -> None:
    for kind, text, vhost in entries:
        if (kind, text, vhost) not in written:
            written.append((kind, text, vhost))
        index = written.index((kind, text, vhost))
        draft.manifest.put(f"spec.queues.{index}.{kind}", text, trigger.queue.was)
    if not entries:
        return
    kind, text, vhost = entries[0]
    to = f"spec.queues.{written.index(entries[0])}.{kind}"
    if not trigger.regex:
        draft.translate(trigger.queue, to, text)
        return
    missing = NOT_FOUND if any(kind == "pattern" for kind, _, _ in entries) else ""
    if any(ignores_case(text) for _, text, _ in entries):
        new = ", ".join(f"{kind}: {text}" for kind, text, _ in entries)
        says = f"{CASE}; {missing}".removesuffix("; ")
        draft.need(trigger.queue, says, new=f"queues {new}")
    else:
        draft.translate(trigger.queue, to, text, missing)


def _convert_vhost(draft: Draft, trigger: Trigger, vhost: str, indexes: list[int]) -> None:
    """Write it beside the queues, or once for the broker if no queue is told apart by it."""
    places = [f"spec.queues.{index}.vhost" for index in indexes] or ["spec.brokerRef.vhost"]
    if trigger.vhost is None:
        for place in places:
            draft.add(place, vhost, "the end of the host's path; / if there is none")
        return
    for place in places[1:]:
        draft.manifest.put(place, vhost, trigger.vhost.was)
    draft.translate(trigger.vhost, places[0], vhost)
