"""`mare explain` on objects whose operator no longer leads, or may not."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from click import unstyle

from mare.cluster import operator_lease
from mare.cluster.operator_lease import leader_in, read_leader
from mare.cluster.paths import ApiPath
from mare.custom_resource.status_values import seconds_of
from mare.explanation.constraint import verdict_of
from mare.explanation.data import data
from mare.explanation.explained import explain as explain_object
from mare.explanation.leading import Renewal, Unread
from mare.explanation.text import text
from mare.ports import NotFound
from mare.sharding.assignment import Assignment, Member, group_of, shard_of
from tests.unit.operator_broker import virtual_time
from tests.unit.operator_loop.test_explain_command import stored

RENEWED = Renewal("mare/mare-operator", 1_000_000.0)
THREE_HOURS = 3 * 3600


def test_a_lease_that_is_not_renewed_is_a_warning_and_an_error():
    explained = explain_object(stored(), RENEWED.at + THREE_HOURS, RENEWED)
    output = unstyle(text(explained, RENEWED.at + THREE_HOURS))
    lines = output.splitlines()
    assert lines[0] == "Deployment/worker is unable to scale (UnableToScale)"
    since = (
        "o operator has decided since 1970-01-12T13:46:40Z: Lease mare/mare-operator is not renewed"
    )
    assert lines[1].startswith(f"N{since}. The last decision: Kept at 10: ")
    assert f"Warning MARE018 (QueueAutoscaler/worker) n{since}" in lines
    assert "No operator has decided since, and the numbers above are from then." in output
    assert "Next: " not in output
    assert verdict_of(explained.facts).exit_code == 1


def test_a_lease_that_is_renewed_leaves_the_explanation_as_it_is():
    explained = explain_object(stored(), RENEWED.at + 29, RENEWED)
    output = unstyle(text(explained, RENEWED.at + 29))
    assert "Count and reason have not changed since." in output
    assert "MARE018" not in output
    assert verdict_of(explained.facts).exit_code == 0


def test_an_old_decision_without_a_lease_says_that_perhaps_no_operator_leads():
    document = stored()
    decided = seconds_of(document["status"]["lastDecision"]["time"])
    unread = Unread("you need the right to get leases")
    explained = explain_object(document, decided, unread)
    output = unstyle(text(explained, decided + THREE_HOURS))
    assert "Decided 3 h ago. No operator has recorded another decision for 3 h: " in output
    assert "or no operator leads (unknown: you need the right to get leases)." in output
    assert "no operator leads" not in unstyle(text(explained, decided + 30))


def test_a_lease_that_does_not_exist_is_a_warning_and_an_error():
    gone = Renewal("mare/mare-operator", RENEWED.at, has_lease=False)
    explained = explain_object(stored(), RENEWED.at + THREE_HOURS, gone)
    output = unstyle(text(explained, RENEWED.at + THREE_HOURS))
    missing = "no operator leads: Lease mare/mare-operator does not exist"
    assert f"Warning MARE018 (QueueAutoscaler/worker) {missing}" in output.splitlines()
    assert "No operator has decided since, and the numbers above are from then." in output
    assert verdict_of(explained.facts).exit_code == 1


@pytest.mark.parametrize(("age", "code"), [(29, 4), (31, 1)])
def test_an_object_without_a_status_has_no_leader_after_30_seconds(age: int, code: int):
    document = {key: value for key, value in stored().items() if key != "status"}
    at = seconds_of(document["metadata"]["creationTimestamp"]) + age
    explained = explain_object(document, at, Unread("its status names no Lease"))
    assert verdict_of(explained.facts).exit_code == data(explained)["exitCode"] == code
    problems = [each["code"] for each in data(explained)["problems"]]
    assert problems == (["MARE018"] if code == 1 else [])


def test_an_object_that_was_never_reconciled_says_how_to_find_the_leader():
    document = {key: value for key, value in stored().items() if key != "status"}
    at = seconds_of(document["metadata"]["creationTimestamp"]) + THREE_HOURS
    output = unstyle(text(explain_object(document, at), at))
    assert output.startswith("Deployment/worker is unable to scale (UnableToScale)\nNo decision, ")
    assert "none runs, none watches namespace shop, or none leads." in output
    assert "kubectl get pods --all-namespaces -l app.kubernetes.io/name=operator" in output
    assert "kubectl get leases --all-namespaces" in output


def test_the_leader_of_the_shard_is_named():
    renewal = Renewal("mare/mare-operator", RENEWED.at, "mare-operator-7d9c-x2x", (2, 3))
    explained = explain_object(stored(), RENEWED.at + 1, renewal)
    output = unstyle(text(explained, RENEWED.at + 1))
    assert output.endswith("\nShard 2 of 3; its leader: mare-operator-7d9c-x2x.\n")
    assert data(explained)["shard"] == {"number": 2, "of": 3, "leader": "mare-operator-7d9c-x2x"}
    assert data(explain_object(stored(), RENEWED.at + 1, RENEWED))["shard"] is None


def test_a_shard_without_a_leader_is_a_warning_of_its_objects():
    renewal = Renewal("mare/mare-operator", RENEWED.at, "", (2, 3))
    explained = explain_object(stored(), RENEWED.at + THREE_HOURS, renewal)
    output = unstyle(text(explained, RENEWED.at + THREE_HOURS))
    assert (
        "Warning MARE018 (QueueAutoscaler/worker) no operator has decided since"
        " 1970-01-12T13:46:40Z: no replica leads shard 2 of 3 in Lease mare/mare-operator"
    ) in output.splitlines()
    assert "Shard 2 of 3; its leader: none yet." in output


def test_the_leader_is_read_from_the_entry_of_the_shard():
    at = "2026-01-01T00:00:00Z"
    members = {
        "pod-a-1": Member(frozenset({0, 1}), at, 4),
        "pod-b-2": Member(frozenset(), "2026-01-01T00:00:01Z", 4),
    }
    lease = {
        "metadata": {"annotations": Assignment(members).annotations()},
        "spec": {"holderIdentity": group_of(2), "renewTime": "2026-01-01T00:00:02Z"},
    }
    leader = leader_in(lease, "shop")
    assert (leader.pod, leader.renewed) == ("pod-a", seconds_of(at))
    assert leader.shard == (shard_of("shop", 2), 2)
    lease["spec"]["holderIdentity"] = "pod-c-3"
    assert (leader_in(lease, "shop").pod, leader_in(lease, "shop").shard) == ("pod-c", None)


NOW = 1_000_000.0
LEASE = "/apis/coordination.k8s.io/v1/namespaces/mare/leases/mare-operator"


@pytest.mark.parametrize(
    ("ages", "age"),
    [
        pytest.param([9], 9, id="renewed lately"),
        pytest.param([THREE_HOURS, THREE_HOURS], THREE_HOURS, id="no longer renewed"),
        pytest.param([THREE_HOURS, THREE_HOURS - 1], 0, id="renewed by a clock that is behind"),
    ],
)
def test_an_old_lease_is_read_again_to_see_whether_the_clocks_differ(
    ages: list[int], age: int, monkeypatch: pytest.MonkeyPatch
):
    reads = answer_with(monkeypatch, ages)

    leader = virtual_time.run(read_leader(decided(0), None))

    assert (NOW - leader.renewed, leader.has_lease) == (age, True)
    assert reads == [LEASE] * len(ages)


@pytest.mark.parametrize(
    ("ages", "age", "has_lease"),
    [
        pytest.param([None, None], THREE_HOURS, False, id="deleted"),
        pytest.param([None, 0], 0, True, id="created again"),
    ],
)
def test_without_a_lease_no_operator_leads_since_the_last_decision(
    ages: list[int | None], age: int, monkeypatch: pytest.MonkeyPatch, *, has_lease: bool
):
    reads = answer_with(monkeypatch, ages)

    leader = virtual_time.run(read_leader(decided(THREE_HOURS), None))

    assert (NOW - leader.renewed, leader.has_lease) == (age, has_lease)
    assert reads == [LEASE] * len(ages)


def answer_with(monkeypatch: pytest.MonkeyPatch, ages: Sequence[int | None]) -> list[str]:
    """Give the Lease these ages, one a read, None for no Lease; return the paths of the reads."""
    reads: list[str] = []

    class FakeApi:
        async def request(self, method: str, path: ApiPath) -> dict:
            age = ages[len(reads)]
            reads.append(path.text)
            if age is None:
                raise NotFound("404 Not Found")
            renewed = datetime.fromtimestamp(NOW - age, UTC).isoformat()
            return {"spec": {"holderIdentity": "pod-a-1", "renewTime": renewed}}

    @asynccontextmanager
    async def connected(*_: object) -> AsyncIterator[tuple[FakeApi, str]]:
        yield FakeApi(), ""

    monkeypatch.setattr(operator_lease, "connected", connected)
    monkeypatch.setattr(operator_lease, "time", SimpleNamespace(time=lambda: NOW))
    return reads


def decided(age: int) -> dict:
    document = stored()
    document["status"]["operator"] = "mare/mare-operator"
    document["status"]["lastDecision"]["time"] = datetime.fromtimestamp(NOW - age, UTC).isoformat()
    return document
