"""What a patch of the Lease compares: a late one never moves a shard that has moved since."""

from dataclasses import replace
from typing import Any

import pytest

from mare.cluster.paths import LEASES
from mare.ports import Rejected
from mare.sharding.assignment import ANNOTATION, Assignment, Member, read_assignment, renewal_of
from mare.sharding.lease_patch import lease_patch
from tests.unit.operator_sharding.lease_server import LeaseServer

PATH = LEASES.path("shop", "mare")
NOW = "2026-01-01T00:00:00.000000Z"
A, B = Member(frozenset({0, 1}), "a1", 4), Member(frozenset({2}), "b1", 60)


def server_with(assignment: Assignment) -> LeaseServer:
    server = LeaseServer()
    spec = {"holderIdentity": "3-shards", "leaseDurationSeconds": assignment.seconds}
    server.lease = {"metadata": {"annotations": assignment.annotations()}, "spec": spec}
    return server


@pytest.fixture
def server() -> LeaseServer:
    return server_with(Assignment({"a": A, "b": B}))


def read(server: LeaseServer) -> Assignment:
    assert server.lease is not None
    return read_assignment(server.lease)


def patch(server: LeaseServer, found: Assignment, new: Assignment, identity: str) -> Any:
    return server.serve("PATCH", PATH, lease_patch(found, new, identity, "3-shards", NOW))


def renewed(found: Assignment, identity: str, renewal: str) -> Assignment:
    return found.with_member(identity, replace(found.members[identity], renewed=renewal))


def test_a_renewal_meets_no_other_renewal_and_no_other_shards(server: LeaseServer):
    found = read(server)
    patch(server, found, renewed(found, "b", "b2"), "b")
    after = read(server)
    patch(server, after, after.with_member("c", Member(frozenset(), "c1", 4)), "c")
    answer = patch(server, found, renewed(found, "a", "a2"), "a")
    assert not isinstance(answer, Exception)
    assert {name: each.renewed for name, each in read(server).members.items()} == {
        "a": "a2",
        "b": "b2",
        "c": "c1",
    }
    assert server.lease["spec"]["renewTime"] == NOW


def test_a_replica_that_has_renewed_loses_no_shard(server: LeaseServer):
    found = read(server)
    taken = found.without(frozenset({"b"})).with_member("a", replace(A, shards=frozenset(range(3))))
    patch(server, found, renewed(found, "b", "b2"), "b")
    assert isinstance(patch(server, found, taken, "a"), Rejected)
    assert patch(server, read(server), read(server).without(frozenset({"b"})), "a")
    assert read(server).members.keys() == {"a"}


def test_a_removed_replica_renews_no_more(server: LeaseServer):
    found = read(server)
    patch(server, found, found.without(frozenset({"b"})), "a")
    assert isinstance(patch(server, found, renewed(found, "b", "b2"), "b"), Rejected)
    assert renewal_of("b") not in server.lease["metadata"]["annotations"]


def test_a_late_handover_does_not_count_after_a_renewal(server: LeaseServer):
    """The replica leads the shard again, as it has no answer to its handover."""
    found = read(server)
    handed_over = found.with_member("a", replace(A, shards=frozenset({0}), renewed="a2"))
    patch(server, found, renewed(found, "a", "a3"), "a")
    assert isinstance(patch(server, found, handed_over, "a"), Rejected)
    assert read(server).members["a"].shards == A.shards


def test_two_replicas_do_not_take_one_shard(server: LeaseServer):
    server = server_with(Assignment({"a": Member(frozenset(), "a1", 4), "b": B}))
    found = read(server)
    for name in ("a", "b"):
        shards = found.members[name].shards | {0}
        new = found.with_member(name, Member(shards, f"{name}2", 4))
        answer = patch(server, found, new, name)
    assert isinstance(answer, Rejected)
    assert read(server).leader_of(0) == "a"


def test_another_group_keeps_its_lease(server: LeaseServer):
    found = read(server)
    server.change(holderIdentity="5-shards")
    assert isinstance(patch(server, found, renewed(found, "a", "a2"), "a"), Rejected)


def test_the_lease_lasts_as_long_as_the_longest_renewal(server: LeaseServer):
    found = read(server)
    patch(server, found, found.without(frozenset({"b"})), "b")
    assert server.lease["spec"]["leaseDurationSeconds"] == 4


def test_the_last_replica_releases_the_lease(server: LeaseServer):
    for name in ("a", "b"):
        found = read(server)
        patch(server, found, found.without(frozenset({name})), name)
        is_last = name == "b"
        assert server.lease["spec"]["holderIdentity"] == ("" if is_last else "3-shards")
    assert server.lease["metadata"]["annotations"].keys() == {ANNOTATION}
