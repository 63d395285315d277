"""Scale targets as they are watched: who is read when, and who is forgotten."""

import pytest

from mare.cluster import other_workloads, watch, workloads
from mare.cluster.workloads import WatchedWorkloads
from mare.custom_resource.autoscaler import ScaleTarget
from mare.domain.unknown import Unknown
from mare.ports import NOT_READ_YET, AccessRefused, Scale, Unavailable
from tests.unit.operator_loop.workload_api import Api, item, play, scale_of, settle, target


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workloads, "FIRST_PAUSE", 0.0)


def test_a_workload_that_is_requested_after_its_kind_was_listed_is_read_at_once():
    async def timeline(watched: WatchedWorkloads, api: Api) -> None:
        assert (await scale_of(watched, target("a"))).replicas == 1
        assert (await scale_of(watched, target("b"))).replicas == 2
        missing = await scale_of(watched, target("c"))
        assert missing.reason == "WorkloadNotFound"

    play(timeline)


def test_a_workload_that_does_not_exist_is_reported_although_its_kind_was_listed_before():
    async def timeline(watched: WatchedWorkloads, api: Api) -> None:
        assert (await scale_of(watched, target("a", "apps/v1"))).replicas == 1
        missing = await scale_of(watched, target("c", "apps/v1"))
        assert missing.reason == "WorkloadNotFound"
        api.events.put_nowait(("ADDED", item("c")))
        await settle()
        assert watched.get(target("c", "apps/v1")).replicas == 1

    play(timeline)


def test_workloads_whose_kind_is_being_listed_are_not_read_singly():
    async def timeline(watched: WatchedWorkloads, api: Api) -> None:
        watched.get(target("a", "apps/v1"))
        assert (await scale_of(watched, target("b", "apps/v1"))).replicas == 1
        assert api.reads == []

    play(timeline)


def test_a_workload_is_read_again_until_that_succeeds():
    async def timeline(watched: WatchedWorkloads, api: Api) -> None:
        await scale_of(watched, target("a"))
        api.errors = [Unavailable("away"), KeyError("odd"), AccessRefused("not allowed")]
        assert (await scale_of(watched, target("b"))).reason == "Unavailable"
        await settle()
        assert watched.get(target("b")).replicas == 2

    play(timeline)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (AccessRefused("not allowed"), "Forbidden"),
        (Unavailable("spec.replicas does not exist"), "Unavailable"),
        (KeyError("metadata"), "Unavailable"),
    ],
)
def test_a_workload_that_cannot_be_read_does_not_affect_others_of_its_kind(
    error: Exception, reason: str
):
    async def timeline(watched: WatchedWorkloads, api: Api) -> None:
        api.broken["a"] = error
        watched.get(target("a"))
        watched.get(target("b"))
        await settle()
        assert watched.get(target("a")).reason == reason
        assert watched.get(target("b")).replicas == 2
        api.replicas["b"] = 9
        for name in "aab":
            api.events.put_nowait(("MODIFIED", item(name)))
        await settle()
        assert watched.get(target("b")).replicas == 9
        assert len(watched._reads.running) == 1
        api.broken.clear()
        await settle()
        assert watched.get(target("a")).replicas == 1
        assert not watched._reads.running

    play(timeline)


def test_a_workload_that_may_be_neither_read_nor_listed_has_one_cause(monkeypatch):
    monkeypatch.setattr(watch, "FIRST_PAUSE", 0.0)
    monkeypatch.setattr(workloads, "FIRST_PAUSE", 60.0)

    async def timeline(watched: WatchedWorkloads, api: Api) -> None:
        api.refusal = AccessRefused("must not be listed")
        await scale_of(watched, target("b"))
        await settle()
        assert watched.get(target("b")).cause == "must not be listed"

        api.broken["a"] = AccessRefused("must not be read")
        watched.get(target("a"))
        await settle()
        assert watched.get(target("a")).cause == "must not be read"

    play(timeline)


def test_a_list_of_a_cluster_that_was_restored_counts_although_its_versions_are_older(monkeypatch):
    monkeypatch.setattr(watch, "FIRST_PAUSE", 0.0)

    async def timeline(watched: WatchedWorkloads, api: Api) -> None:
        known = target("a", "apps/v1")
        await scale_of(watched, known)
        newer = item("a")
        newer["metadata"]["resourceVersion"], newer["spec"]["replicas"] = "9", 7
        api.events.put_nowait(("MODIFIED", newer))
        await settle()
        assert watched.get(known).replicas == 7
        api.events.put_nowait(Unavailable("the watch ended"))
        await settle()
        assert watched.get(known).replicas == 1

    play(timeline)


def test_a_workload_that_is_requested_again_is_read_again():
    async def timeline(watched: WatchedWorkloads, api: Api) -> None:
        await scale_of(watched, target("a"))
        await scale_of(watched, target("b"))
        watched.keep_only([target("a")])
        api.replicas["b"] = 7
        assert (await scale_of(watched, target("b"))).replicas == 7

    play(timeline)


def test_deleted_workloads_without_an_autoscaler_are_forgotten():
    async def timeline(watched: WatchedWorkloads, api: Api) -> None:
        await scale_of(watched, target("a", "apps/v1"))
        for number in range(50):
            api.events.put_nowait(("ADDED", item(f"preview-{number}")))
            api.events.put_nowait(("DELETED", item(f"preview-{number}")))
        api.events.put_nowait(("DELETED", item("a")))
        await settle()
        assert watched.get(target("a", "apps/v1")).reason == "WorkloadNotFound"
        assert {each.name for each in watched._last_read} == {"a"}
        assert {each.name for each in watched._others} == {"b"}

    play(timeline)


def test_workloads_that_no_object_names_are_remembered_up_to_a_bound(monkeypatch):
    monkeypatch.setattr(other_workloads, "MOST_OF_NAMESPACE", 10)

    async def timeline(watched: WatchedWorkloads, api: Api) -> None:
        await scale_of(watched, target("a", "apps/v1"))
        for number in range(50):
            api.events.put_nowait(("ADDED", item(f"preview-{number}")))
        api.events.put_nowait(("ADDED", item("long", {"app": "a" * 300})))
        await settle()
        assert {each.name for each in watched._others} == {f"preview-{n}" for n in range(40, 50)}
        assert watched.get(target("preview-49", "apps/v1")).replicas == 1
        assert api.reads == []
        assert watched.get(target("preview-3", "apps/v1")) == NOT_READ_YET
        api.replicas["preview-3"] = 4
        assert (await scale_of(watched, target("preview-3", "apps/v1"))).replicas == 4
        watched.keep_only([target("a", "apps/v1")])
        assert set(watched._last_read) == {target("a", "apps/v1")}
        assert target("preview-49", "apps/v1") in watched._others
        watched.keep_only([])
        assert list(watched._others) == []

    play(timeline)


LONG = "a" * 4_097


def assert_too_long(scale: Scale | Unknown, target: ScaleTarget) -> None:
    cause = f"the selector of {target} has more than 4,096 characters"
    assert scale == Unknown("SelectorTooLong", cause)


def test_a_selector_over_its_bound_is_not_kept_from_an_event():
    async def timeline(watched: WatchedWorkloads, api: Api) -> None:
        await scale_of(watched, target("a", "apps/v1"))
        for name in "a", "preview":
            api.events.put_nowait(("MODIFIED", item(name, {"app": LONG})))
        await settle()
        api.replicas["preview"], api.labels["preview"] = 1, LONG
        for name in "a", "preview":
            scale = await scale_of(watched, target(name, "apps/v1"))
            assert_too_long(scale, target(name, "apps/v1"))
        api.events.put_nowait(("MODIFIED", item("a", {"app": "a"})))
        await settle()
        assert watched.get(target("a", "apps/v1")).selector == "app=a"

    play(timeline)


@pytest.mark.parametrize("changed", [False, True])
def test_a_selector_over_its_bound_is_not_kept_from_the_scale(*, changed: bool):
    async def timeline(watched: WatchedWorkloads, api: Api) -> None:
        scale = await scale_of(watched, target("a"))
        api.labels["a"] = LONG
        if changed:
            await watched.scale(target("a"), scale, 3)
        else:
            await watched.refresh(target("a"))
        assert_too_long(watched.get(target("a")), target("a"))

    play(timeline)


@pytest.mark.parametrize(
    ("api_version", "kind", "chooses"),
    [
        ("apps/v1", "Deployment", False),
        ("argoproj.io/v1alpha1", "Rollout", False),
        ("example.test/v1", "Fleet", True),
    ],
)
def test_victims_can_be_chosen_for_workloads_with_replica_sets(
    api_version: str, kind: str, *, chooses: bool
):
    async def timeline(watched: WatchedWorkloads, api: Api) -> None:
        seen = await scale_of(watched, ScaleTarget("shop", api_version, kind, "a"))
        assert seen.ignores_deletion_cost is chooses

    play(timeline)


def test_victims_cannot_be_chosen_for_a_kind_with_unknown_pods():
    async def timeline(watched: WatchedWorkloads, api: Api) -> None:
        scale = await scale_of(watched, target("a", "example.test/v1"))
        assert not await watched.set_deletion_costs(
            target("a", "example.test/v1"), scale, {"10.0.0.1": 1}, lambda: True
        )

    play(timeline)
