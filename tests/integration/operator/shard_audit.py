"""What the audit log has of operators with shards: who led, and which PATCH answers what."""

import json
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import Any

from mare.sharding.assignment import (
    Assignment,
    Member,
    read_assignment,
    renewal_of,
    shard_of,
)
from mare.sharding.lease_patch import SHARDS
from tests.audit import Request

PAUSE_SECONDS = 15.0
"""The longest pause of a shard, and the longest takeover. Without load it is 6 s: a Lease of 3.5 s
is published as 4 s, and others see a renewal up to 0.7 s late. On two busy cores a request takes up
to 4 s, and a takeover needs two of them."""

Changes = Mapping[tuple[str, str], Sequence[Request]]
"""Successful changes of the replicas of each workload, by namespace and name, in their order."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A change of the load, at a time since the epoch: from then on it needs these replicas."""

    at: float
    namespace: str
    name: str
    replicas: int = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """An operator that was killed, or stopped until others led its shards."""

    at: float
    operator: str
    shards: frozenset[int]
    """What it led."""
    takeover_seconds: float
    """Until others led all shards."""


@dataclass(frozen=True, slots=True)
class LeaseWrite:
    """A write of the Lease."""

    at: float
    credential: str
    renewals: frozenset[str]
    """The annotations that only the process of this credential sets."""
    assignment: Assignment | None
    """None: no shard moves."""
    before: str = ""
    """The text of the assignment that it replaces."""


def changes_of(requests: Iterable[Request], namespaces: Sequence[str]) -> Changes:
    found = defaultdict(list)
    for each in requests:
        is_change = each.resource == "deployments/scale" and each.verb == "patch"
        if is_change and each.namespace in namespaces and each.code == 200:
            found[each.namespace, each.name].append(each)
    return found


def lease_writes(requests: Iterable[Request], namespace: str, last: str) -> list[LeaseWrite]:
    """Return the writes of the Lease that were applied.

    Args:
        requests: All of the audit log.
        namespace: That of the Lease.
        last: The text of its assignment now. On a busy machine, one write in 200 ends with 504,
            since the operator does not wait any longer, and may be applied all the same. The next
            assignment shows it.
    """
    found: list[LeaseWrite] = []
    unanswered: list[LeaseWrite] = []
    for each in requests:
        is_write = each.resource == "leases" and each.verb in {"create", "update", "patch"}
        if is_write and each.namespace == namespace:
            write = _lease_write(each)
            if each.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                unanswered.append(write)
            elif each.code < HTTPStatus.MULTIPLE_CHOICES:
                if write.assignment is not None:
                    found += _applied(unanswered, write.before)
                    unanswered.clear()
                found.append(write)
    return sorted([*found, *_applied(unanswered, last)], key=lambda write: write.at)


def _applied(unanswered: Iterable[LeaseWrite], text: str) -> list[LeaseWrite]:
    """Return the write without an answer that has made an assignment, if one has."""
    made = (each for each in unanswered if each.assignment and each.assignment.stored == text)
    return list(islice(made, 1))


def _lease_write(request: Request) -> LeaseWrite:
    at, body = request.time.timestamp(), request.body
    assignment, renewals, before = None, frozenset[str](), ""
    if isinstance(body, list):
        set_paths = {each["path"]: each["value"] for each in body if each["op"] == "add"}
        renewals = frozenset(_annotation_of(path) for path in set_paths)
        if SHARDS in set_paths:
            assignment = _moved(set_paths[SHARDS])
            before = next(e["value"] for e in body if (e["op"], e["path"]) == ("test", SHARDS))
    else:
        with suppress(ValueError):  # of a Lease without shards
            assignment = read_assignment(body)
            if len(assignment.members) == 1:
                renewals = frozenset(map(renewal_of, assignment.members))
    return LeaseWrite(at, request.credential, renewals, assignment, before)


def _annotation_of(path: str) -> str:
    return path.rpartition("/")[2].replace("~1", "/")


def _moved(text: str) -> Assignment:
    members: dict[str, Any] = json.loads(text)["members"]
    return Assignment(
        {name: Member(frozenset(each["shards"]), "", 0) for name, each in members.items()},
        stored=text,
    )


def by_others(
    changes: Changes, writes: Sequence[LeaseWrite], shards: int
) -> list[dict[str, str | float | None]]:
    """Return the changes by a process that did not lead the shard at that time.

    A process is known by its token: an operator that was stopped, and one that starts anew under
    the same name, are others than the leader.
    """
    renewals = defaultdict[str, set[str]](set)
    for each in writes:
        renewals[each.credential] |= each.renewals
    terms = [_terms(writes, shard) for shard in range(shards)]
    found: list[dict[str, str | float | None]] = []
    for (namespace, name), requests in changes.items():
        term = terms[shard_of(namespace, shards)]
        for each in requests:
            at = each.time.timestamp()
            index = bisect_right(term, at, key=lambda pair: pair[0]) - 1
            since, leader = term[index] if index >= 0 else (None, None)
            own = renewals[each.credential] if each.credential else set()
            if leader is None or renewal_of(leader) not in own:
                found.append(
                    {
                        "object": f"{namespace}/{name}",
                        "by": each.user.rpartition(":")[2],
                        "leader": leader,
                        "seconds_after_the_takeover": None if since is None else at - since,
                    }
                )
    return found


def _terms(writes: Iterable[LeaseWrite], shard: int) -> list[tuple[float, str | None]]:
    """Return since when a shard has each of its leaders."""
    found: list[tuple[float, str | None]] = []
    for each in writes:
        if each.assignment is not None:
            leader = each.assignment.leader_of(shard)
            if not found or found[-1][1] != leader:
                found.append((each.at, leader))
    return found


def answers(changes: Changes, probes: Iterable[Probe]) -> dict[Probe, list[Request]]:
    """Return the changes of each probe's workload until the next probe of it."""
    found: dict[Probe, list[Request]] = {}
    of_workload = defaultdict[tuple[str, str], list[Probe]](list)
    for probe in sorted(probes, key=lambda each: each.at):
        of_workload[probe.namespace, probe.name].append(probe)
        found[probe] = []
    for key, own in of_workload.items():
        for change in changes.get(key, ()):
            index = bisect_right(own, change.time.timestamp(), key=lambda probe: probe.at)
            if index > 0:
                found[own[index - 1]].append(change)
    return found


def delays(changes: Changes, probes: Iterable[Probe]) -> dict[Probe, float | None]:
    """Return the seconds from each probe to the first change after it; None: no change."""
    return {
        probe: each[0].time.timestamp() - probe.at if each else None
        for probe, each in answers(changes, probes).items()
    }


def surplus(changes: Changes, probes: Iterable[Probe]) -> list[tuple[str, str, list[int]]]:
    """Return the workloads with other changes than one for each probe, and all their counts.

    One PATCH has to reach the count that a probe needs, and no later one has a reason: the load
    stays, a read of some of its messages needs the same replica, and no Pod starts. A PATCH whose
    answer was lost is applied, so that its repetition has an old version and gets 409.
    """
    found, answered = set(), Counter[tuple[str, str]]()
    for probe, each in answers(changes, probes).items():
        key = probe.namespace, probe.name
        answered[key] += len(each)
        if [_count(change) for change in each] not in ([], [probe.replicas]):
            found.add(key)
    # Others came before the first probe.
    found |= {key for key, requests in changes.items() if len(requests) > answered[key]}
    return [(*key, [_count(change) for change in changes[key]]) for key in sorted(found)]


def _count(change: Request) -> int:
    return int(change.body["spec"]["replicas"])


def bound(probe: Probe, faults: Iterable[Fault], shards: int) -> float:
    """Return the seconds within which a probe has to be answered.

    The shard may be without a leader when the probe begins, which lasts for `PAUSE_SECONDS` at
    most. Each fault of its leader before the end of that begins another takeover, as long as was
    measured; a fault of another shard's leader is no excuse.
    """
    shard = shard_of(probe.namespace, shards)
    seconds = PAUSE_SECONDS
    for fault in sorted(faults, key=lambda each: each.at):
        if shard in fault.shards and 0 <= fault.at - probe.at <= seconds:
            seconds += fault.takeover_seconds
    return seconds


def too_late(
    found: Mapping[Probe, float | None],
    faults: Sequence[Fault],
    shards: int,
    requests: Sequence[Request] = (),
) -> list[dict[str, str | float]]:
    """Return the probes that were answered, but not within their bound.

    The slowest of the requests meanwhile shows whether the machine was too busy: 3 s where one
    process after the other did not run for seconds, and a broker answered no declare.
    """
    return [
        {
            "object": f"{probe.namespace}/{probe.name}",
            "at": probe.at,
            "seconds": round(wait, 1),
            "bound": round(most, 1),
            "slowest_request_s": round(_slowest(requests, probe.at, probe.at + wait), 1),
        }
        for probe, wait in found.items()
        if wait is not None and wait > (most := bound(probe, faults, shards))
    ]


def _slowest(requests: Iterable[Request], begin: float, end: float) -> float:
    durations = (
        each.seconds
        for each in requests
        if each.verb != "watch" and begin <= each.time.timestamp() <= end
    )
    return max(durations, default=0.0)
