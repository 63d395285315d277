"""What the audit log shows of leaders and of probes, and which runs break a promise."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mare.sharding.assignment import renewal_of, shard_of
from mare.sharding.lease_patch import SHARDS
from tests.audit import Request
from tests.integration.operator.shard_audit import (
    Fault,
    LeaseWrite,
    Probe,
    bound,
    by_others,
    changes_of,
    delays,
    lease_writes,
    surplus,
    too_late,
)
from tests.integration.operator.sharded import is_divided
from tests.load.shards import failures

TEAM, OTHER = "team-a", "team-b"
SHARD = shard_of(TEAM, 3)
GOOD: dict[str, Any] = {
    "slow_takeovers": [],
    "late": [],
    "surplus": [],
    "by_others": [],
    "unanswered": [],
    "probes_after_the_last_fault": 9,
}


def change(at: float, replicas: int = 1, credential: str = "JTI=1", code: int = 200) -> Request:
    return Request(
        time=datetime.fromtimestamp(at, UTC),
        user="system:serviceaccount:home:mare-a",
        verb="patch",
        resource="deployments/scale",
        namespace=TEAM,
        name="worker-0",
        code=code,
        body={"spec": {"replicas": replicas}},
        credential=credential,
    )


def probe(at: float, replicas: int = 1) -> Probe:
    return Probe(at, TEAM, "worker-0", replicas)


def fault(at: float, seconds: float, shard: int = SHARD) -> Fault:
    return Fault(at, "mare-a", frozenset({shard}), seconds)


def changes(*made: Request) -> dict[tuple[str, str], list[Request]]:
    return {(TEAM, "worker-0"): list(made)}


def assignment(leader: str) -> str:
    return json.dumps({"made": "", "members": {leader: {"shards": [SHARD], "seconds": 4}}})


def lease(at: float, identity: str, credential: str, before: str | None = None) -> Request:
    """Return a renewal, or a takeover from a leader before."""
    body = [{"op": "test", "path": "/spec/holderIdentity", "value": "3-shards"}]
    if before is not None:
        body.append({"op": "test", "path": SHARDS, "value": assignment(before)})
        body.append({"op": "add", "path": SHARDS, "value": assignment(identity)})
    path = f"/metadata/annotations/{renewal_of(identity).replace('/', '~1')}"
    body.append({"op": "add", "path": path, "value": str(at)})
    return replace(
        change(at, credential=credential),
        resource="leases",
        namespace="home",
        name="mare-operator",
        body=body,
    )


def requests() -> list[Request]:
    """Until second 10, the process of token 1 leads the shard; then one of the same Pod."""
    return [
        lease(1, "mare-a-11", "JTI=1", "mare-b-33"),
        lease(2, "mare-a-11", "JTI=1"),
        lease(10, "mare-a-22", "JTI=2", "mare-a-11"),
        lease(11, "mare-a-22", "JTI=2"),
        replace(lease(12, "mare-a-11", "JTI=1", "mare-a-22"), code=422),
    ]


def writes() -> list[LeaseWrite]:
    return lease_writes(requests(), "home", assignment("mare-a-22"))


def test_failed_changes_and_those_of_other_namespaces_do_not_count():
    other = replace(change(3), namespace="elsewhere")

    assert changes_of([change(1), change(2, code=409), other], [TEAM]) == changes(change(1))


def test_each_probe_has_the_change_before_the_next_probe():
    probes = [probe(100), probe(200, 0), probe(300), probe(400)]

    found = delays(changes(change(101), change(305)), probes)

    assert list(found.values()) == [1, None, 5, None]


@pytest.mark.parametrize(
    ("made", "found"),
    [
        ([change(101), change(202, 0)], []),
        ([change(101)], []),  # the second is found as unanswered
        ([change(101), change(102)], [1, 1]),
        ([change(101), change(102, 2)], [1, 2]),
        ([change(101), change(202, 0), change(203, 0)], [1, 0, 0]),
        ([change(101, 2)], [2]),
        ([change(101), change(102, 0), change(103)], [1, 0, 1]),
        ([change(99)], [1]),
    ],
    ids=lambda value: "" if value and isinstance(value[0], Request) else str(value),
)
def test_each_probe_has_one_change_to_the_count_that_it_needs(
    made: list[Request], found: list[int]
):
    wrong = surplus(changes(*made), [probe(100), probe(200, 0)])

    assert wrong == ([(TEAM, "worker-0", found)] if found else [])


def test_a_workload_without_a_probe_has_no_change():
    assert surplus(changes(change(1)), []) == [(TEAM, "worker-0", [1])]


@pytest.mark.parametrize(
    ("at", "credential", "seconds"),
    [
        (5, "JTI=1", None),
        (15, "JTI=2", None),
        (15, "JTI=1", 5),  # resumed: its Pod has the name of the one that leads
        (5, "JTI=2", 4),
        (15, "", 5),
        (15, "JTI=3", 5),
    ],
)
def test_a_change_is_by_the_process_that_leads_at_that_time(
    at: float, credential: str, seconds: float | None
):
    found = by_others(changes(change(at, credential=credential)), writes(), 3)

    assert [each["seconds_after_the_takeover"] for each in found] == (
        [] if seconds is None else [seconds]
    )


@pytest.mark.parametrize(
    ("later", "last", "is_applied"),
    [
        ([], "mare-b-44", True),
        ([lease(30, "mare-a-55", "JTI=5", "mare-b-44")], "mare-a-55", True),
        ([], "mare-a-22", False),
        ([lease(30, "mare-a-55", "JTI=5", "mare-a-22")], "mare-a-55", False),
    ],
    ids=["last", "then another", "not", "not, then another"],
)
def test_a_takeover_without_an_answer_counts_if_it_was_applied(
    later: list[Request], last: str, *, is_applied: bool
):
    lost = replace(lease(20, "mare-b-44", "JTI=4", "mare-a-22"), code=504)
    known = [*requests(), lost, lease(21, "mare-b-44", "JTI=4"), *later]

    found = by_others(
        changes(change(25, credential="JTI=4")),
        lease_writes(known, "home", assignment(last)),
        3,
    )

    assert (found == []) == is_applied


def test_a_change_before_any_leader_is_by_another():
    (found,) = by_others(changes(change(0.5)), writes(), 3)

    assert found["leader"] is None


@pytest.mark.parametrize(
    ("faults", "seconds"),
    [
        ([], 15),
        ([fault(110, 5)], 20),
        ([fault(110, 5, SHARD + 1)], 15),
        ([fault(99, 5)], 15),
        ([fault(116, 5)], 15),
        ([fault(116, 5), fault(110, 5), fault(126, 4)], 25),
    ],
    ids=["none", "within", "of another shard", "before", "after the bound", "two, and one after"],
)
def test_a_wait_is_bounded_by_a_pause_and_the_takeovers_within(faults: list[Fault], seconds: float):
    assert bound(probe(100), faults, 3) == seconds


def test_a_wait_beyond_its_bound_is_too_late():
    found: dict[Probe, float | None] = {probe(100): 24.4, probe(300): 15.0, probe(500): None}

    slow = [replace(change(at), seconds=at / 100) for at in (99, 110, 120, 130)]

    (late,) = too_late(found, [fault(110, 5.6)], 3, slow)

    assert (late["at"], late["bound"], late["slowest_request_s"]) == (100, 20.6, 1.2)
    assert too_late(found, [fault(110, 5.6), fault(118, 5)], 3) == []


@pytest.mark.parametrize("led", [[{0}, {1}, {2}], [{0, 2}, {1}, set()]], ids=str)
def test_each_shard_has_one_leader(led: list[set[int]]):
    assert is_divided(map(frozenset, led), 3)


@pytest.mark.parametrize("led", [[{0, 1}, {1}, set()], [{0}, {1}], [{0, 1, 2}, {2}]], ids=str)
def test_a_shard_with_two_leaders_does_not_make_up_for_one_with_none(led: list[set[int]]):
    assert not is_divided(map(frozenset, led), 3)


@pytest.mark.parametrize(
    ("result", "failed"),
    [
        ({}, []),
        *(({name: [1]}, [name]) for name in GOOD if isinstance(GOOD[name], list)),
        ({"probes_after_the_last_fault": 0}, ["no probes after the last fault"]),
    ],
)
def test_a_run_fails_on_each_broken_promise(result: dict[str, Any], failed: list[str]):
    assert failures(GOOD | result) == failed
